# `make` alone lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Each target uses both cores by itself, and two SwiftPM runs would wait for each other's lock.
.NOTPARALLEL:

RELEASE_BIN := $(CURDIR)/.build/release
DEBUG_BIN := $(CURDIR)/.build/debug
SCRIPTS := deploy/development
SWIFT_SOURCES := Shared Services Tests

# An import that the manifest does not declare is an error, whatever happens to be built already.
BUILD_FLAGS := --explicit-target-dependency-import-check error
# The services and the operators' command, as they are shipped.
PRODUCTS := spend-aggregator archiver reconciler sluice

# Seeds of `make sim`.
SEEDS ?= 1000
FROM ?= 1

.PHONY: help setup build test crash demo demo-incident fmt lint proto proto-check objectives objectives-check mutants fuzz fuzz-quick sim test-asan test-tsan bench clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what is missing: system packages and the local broker
	@$(SCRIPTS)/setup.sh

build: setup ## Build the programs in release: .build/release
	@for product in $(PRODUCTS); do swift build -c release $(BUILD_FLAGS) --product "$$product"; done

# Each group is a run of its own. RuntimeTests ask a server of this process for answers within seconds, which others would
# delay by keeping its threads busy; those of hooks, HTTP and the console's collector call servers and watch the time;
# KafkaTests give up ports and take them again; ConnectorsTests keep PostgreSQL busy with transactions that others would wait
# for; IntegrationTests start, stop and kill programs of both builds one after the other.
test: setup proto-check lint build objectives-check ## Run every check and every test
	@swift build --build-tests $(BUILD_FLAGS)
	@export SLUICE_BIN_DIR="$(RELEASE_BIN)" SLUICE_DEBUG_BIN_DIR="$(DEBUG_BIN)"; \
	run() { echo "== swift test $$*"; swift test --skip-build --disable-xctest "$$@"; }; \
	run --filter '^RuntimeTests\.'; \
	run --filter '^KafkaTests\.'; \
	run --filter '^((HTTPTests|HooksTests|CryptographyTests)\.|SluiceTests\.CollectorTests)'; \
	run --skip '^((RuntimeTests|KafkaTests|ConnectorsTests|IntegrationTests|HTTPTests|HooksTests|CryptographyTests)\.|SluiceTests\.CollectorTests)'; \
	run --filter '^ConnectorsTests\.'; \
	Tests/Mutants/run.sh; \
	Tests/Fuzz/run.sh --quick; \
	run --no-parallel --filter '^IntegrationTests\.'

# Of `make crash`: how many processes are killed in all, and the seed of the storm. `make test` has 200 and 1.
KILLS ?= 1000
SEED ?= 1

crash: build ## Let processes die at every step and in a long storm: KILLS=1000 SEED=1
	@swift build --build-tests $(BUILD_FLAGS)
	@SLUICE_BIN_DIR="$(RELEASE_BIN)" SLUICE_DEBUG_BIN_DIR="$(DEBUG_BIN)" SLUICE_CRASH_KILLS=$(KILLS) SLUICE_CRASH_SEED=$(SEED) \
	swift test --skip-build --disable-xctest --no-parallel --filter '^IntegrationTests\.(CrashPointTests|CrashStormTests|TakeoverTests|BrokerOutageTests)/'

demo: build ## Kill a service in mid-stream and verify the totals: servers, events and all
	@$(SCRIPTS)/demo.sh

demo-incident: build ## Break things on purpose: alert, what doctor says, mend, recovery, and totals that agree
	@$(SCRIPTS)/demo-incident.sh

fmt: ## Format the Swift sources
	@swift format --in-place --recursive $(SWIFT_SOURCES)

lint: ## Check the format, the layout of the repository and the names of its files
	@swift format lint --strict --recursive $(SWIFT_SOURCES)
	@$(SCRIPTS)/check-layout.sh

proto: setup ## Generate the C code of the schemas from proto/
	@$(SCRIPTS)/generate-schemas.sh

proto-check: setup ## Check that the generated C code is current
	@$(SCRIPTS)/generate-schemas.sh --check

objectives: setup ## Generate the objectives' alerts and dashboards: deploy/SERVICE
	@swift build -c release $(BUILD_FLAGS) --product sluice
	@"$(RELEASE_BIN)/sluice" objectives generate

objectives-check: setup ## Check that they are current, and every alert, its tests and its section of a runbook
	@swift build -c release $(BUILD_FLAGS) --product sluice
	@"$(RELEASE_BIN)/sluice" objectives generate --check
	@$(SCRIPTS)/check-alerts.sh

mutants: setup ## Remove each guard of exactly-once in turn and show that its test fails
	@Tests/Mutants/run.sh

fuzz: setup ## Run every fuzzer for FUZZ_SECONDS (300) each and print what came of it
	@Tests/Fuzz/run.sh

fuzz-quick: setup ## Run every fuzzer over its corpus and for 2,000 executions
	@Tests/Fuzz/run.sh --quick

sim: setup ## Run the simulator: SEEDS=1000 seeds from FROM=1 on both cores
	@swift build -c release $(BUILD_FLAGS) --product Simulator
	@"$(RELEASE_BIN)/Simulator" --from $(FROM) --seeds $(SEEDS)

test-asan: setup ## Run the tests under address sanitizer
	@Tests/Sanitizers/run.sh address

test-tsan: setup ## Run the tests under thread sanitizer
	@Tests/Sanitizers/run.sh thread

bench: setup ## Run the benchmarks
	@Tests/Benchmarks/run.sh

clean: ## Stop the local servers and remove everything built or installed here
	@if [ -x "$(RELEASE_BIN)/sluice" ]; then "$(RELEASE_BIN)/sluice" dev down || true; fi
	@rm -rf .build .build-* .sluice

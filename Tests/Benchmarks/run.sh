#!/usr/bin/env bash
# Builds the programs and the benchmarks in release and runs them; `run.sh --quick` with small numbers.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
cuts=9 runs=3 kills=20 live=40 events=4000000
if [ "${1:-}" = --quick ]; then
    cuts=3 runs=1 kills=3 live=10 events=2000000
    shift
fi

cd "$root"
for product in spend-aggregator sluice; do swift build -c release --product "$product"; done
cd "$here"
for product in AllocationCounter pipeline-benchmark catalog-benchmark service-benchmark; do swift build -c release --product "$product"; done
bin="$here/.build/release"
counter="$bin/libAllocationCounter.so"

echo "== The machine =="
lscpu | grep -E '^(Model name|CPU\(s\)|Hypervisor vendor):' || true
echo "load: $(cut -d' ' -f1-3 /proc/loadavg)"

echo "== The pure pipeline =="
"$bin/pipeline-benchmark" --stage decode --cuts "$cuts"
"$bin/pipeline-benchmark" --stage aggregate --cuts "$cuts"
"$bin/pipeline-benchmark" --stage all --horizon-seconds 60 --cuts "$cuts"
"$bin/pipeline-benchmark" --stage all --horizon-seconds 600 --cuts "$cuts"
"$bin/pipeline-benchmark" --stage all --horizon-seconds 60 --cuts "$cuts" --levels 0
echo "-- with allocations counted --"
LD_PRELOAD="$counter" "$bin/pipeline-benchmark" --stage all --horizon-seconds 60 --cuts "$cuts"

echo "== The archive =="
LD_PRELOAD="$counter" "$bin/pipeline-benchmark" --stage archive --cuts "$cuts"

echo "== Catalog feeds =="
for form in csv json xml; do "$bin/catalog-benchmark" "$form" 200000; done

echo "== What each level costs =="
"$bin/pipeline-benchmark" --stage levels --events-per-second 20000 --campaigns 1000 --cuts "$cuts"

echo "== The service =="
"$bin/service-benchmark" --programs "$root/.build/release" --allocation-counter "$counter" --events "$events" \
    --runs "$runs" --kills "$kills" --live-seconds "$live" "$@"

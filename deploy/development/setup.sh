#!/usr/bin/env bash
# Installs what building, testing and the demo need and this machine lacks; see `make help`.
#
#   setup.sh           installs what is missing
#   setup.sh --check   says what is missing and changes nothing; exit code 1 if something is
#
# Quick when nothing is missing: one query of the package database, one version, one checksum.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
requirements="$root/deploy/development/requirements.txt"
tools="$root/.sluice/tools"
broker="$tools/noida_db/noida-db"
stamp="$tools/installed.sha256"

# The libraries and headers that the services link, the generator of the C schemas, PostgreSQL's server, and the programs
# that alerts and the console are tested with.
packages=(
    librdkafka-dev libpq-dev libprotobuf-c-dev protobuf-c-compiler libmimalloc-dev libzstd-dev libcurl4-openssl-dev
    libssl-dev pkg-config postgresql prometheus prometheus-alertmanager chromium openssl
)
swift_minimum=6.2

say() { printf 'setup: %s\n' "$*"; }
fail() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}

# --- Swift ---

check_swift() {
    local text version
    command -v swiftc >/dev/null ||
        fail "there is no Swift in PATH: install Swift $swift_minimum or newer from https://www.swift.org/install/linux/"
    text=$(swiftc --version 2>/dev/null) ||
        fail "\`swiftc --version\` fails: the Swift at $(command -v swiftc) does not run on this machine"
    version=$(sed -nE 's/.*Swift version ([0-9]+(\.[0-9]+)+).*/\1/p' <<<"$text" | head -n 1)
    if [ "$(printf '%s\n' "$swift_minimum" "${version:-0}" | sort -V | head -n 1)" != "$swift_minimum" ]; then
        fail "Swift ${version:-of unknown version} at $(command -v swiftc) is too old: $swift_minimum or newer is needed"
    fi
}

# --- System packages ---

# Prints those of the named packages that are not installed.
missing_packages() {
    local installed package
    # A name that dpkg does not know makes it exit with 1 and is simply not in the answer.
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
    for package in "$@"; do
        grep -qxF "installed $package" <<<"$installed" || printf '%s\n' "$package"
    done
}

# Runs a command as root: directly, or by sudo where that can ask for a password or needs none.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif [ -t 0 ]; then
        sudo "$@"
    else
        sudo -n "$@"
    fi
}

can_be_root() {
    [ "$(id -u)" = 0 ] && return
    command -v sudo >/dev/null || return 1
    [ -t 0 ] || sudo -n true 2>/dev/null
}

install_packages() {
    command -v apt-get >/dev/null ||
        fail "this is not Debian, so nothing can be installed here: provide the counterparts of: $*"
    can_be_root ||
        fail "these packages are missing and you are not root; run this once, then try again:
    sudo apt-get update && sudo apt-get install -y --no-install-recommends $*"
    say "installing $*"
    # Debian's PostgreSQL package makes a cluster of its own and starts it at every boot. Servers for development are
    # private to a checkout, so that one is not wanted, but neither is a lasting change to how this machine installs
    # PostgreSQL: the setting is there for this one installation only.
    local setting=/etc/postgresql-common/createcluster.d/sluice-setup.conf
    if [[ " $* " == *" postgresql "* ]] && [ ! -e "$setting" ]; then
        # shellcheck disable=SC2064 # the path as it is now
        trap "as_root rm -f '$setting'" EXIT
        as_root mkdir -p "$(dirname "$setting")"
        as_root sh -c "echo 'create_main_cluster = false' >'$setting'"
    fi
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 -q)
    as_root "${apt[@]}" update
    as_root "${apt[@]}" install -y --no-install-recommends "$@"
}

# --- The local broker ---

broker_is_wanted() {
    # Somebody else's broker: ours is not needed.
    [ -n "${SLUICE_BROKER_BIN:-}" ] && return 1
    [ "$(uname -m)" = x86_64 ] && return
    [ -n "${SLUICE_KAFKA_BROKERS:-}" ] && return 1
    fail "the local broker exists for x86-64 only, and this is $(uname -m): name a Kafka in SLUICE_KAFKA_BROKERS"
}

broker_is_installed() {
    # The stamp holds the checksums of the program and of the requirements that it was installed from.
    [ -x "$broker" ] && [ -f "$stamp" ] && (cd "$root" && sha256sum --check --status "$stamp" 2>/dev/null)
}

# Prints the first Python that has pip.
python_with_pip() {
    local python
    for python in python3 /usr/bin/python3; do
        if "$python" -m pip --version >/dev/null 2>&1; then
            printf '%s\n' "$python"
            return
        fi
    done
    return 1
}

install_broker() {
    local python new="$tools.new"
    python=$(python_with_pip) || fail "python3-pip is installed and yet there is no Python with pip"
    mkdir -p "$root/.sluice"
    exec 9>"$root/.sluice/setup.lock"
    flock 9
    # Another run may have done it while this one waited.
    broker_is_installed && return
    say "installing the local broker into .sluice/tools"
    rm -rf "$new"
    # A target folder leaves Python's own packages alone, so Debian's rule about them does not apply.
    PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore "$python" -m pip install \
        --quiet --no-input --no-deps --no-compile --only-binary :all: --require-hashes \
        --requirement "$requirements" --target "$new"
    chmod +x "$new/noida_db/noida-db"
    rm -rf "$tools"
    mv "$new" "$tools"
    (cd "$root" && sha256sum "${broker#"$root/"}" "${requirements#"$root/"}") >"$stamp"
}

# --- All of it ---

main() {
    check_swift
    local missing=() wants_broker=no
    if command -v dpkg-query >/dev/null; then
        mapfile -t missing < <(missing_packages "${packages[@]}")
    elif ! pkg-config --exists rdkafka libpq libprotobuf-c 2>/dev/null || ! command -v protoc-c >/dev/null; then
        missing=("${packages[@]}")
    fi
    if broker_is_wanted && ! broker_is_installed; then
        wants_broker=yes
        python_with_pip >/dev/null || missing+=(python3-pip)
    fi

    if [ "${1:-}" = --check ]; then
        [ ${#missing[@]} = 0 ] || say "missing packages: ${missing[*]}"
        [ $wants_broker = no ] || say "the local broker is missing"
        [ ${#missing[@]} = 0 ] && [ $wants_broker = no ]
        return
    fi
    [ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"
    [ $wants_broker = no ] || install_broker
}

main "$@"

#!/usr/bin/env bash
# The incident demo: aggregator and reconciler at work, watched by Prometheus and Alertmanager on the files of deploy/. Four
# things are broken on purpose, one after the other. Of each: the alert as it arrived, what `sluice doctor` says is the cause,
# the mend that it names, the recovery. At the end every figure must agree with the log.
# Exits 0 only when all of it holds.
#
# Always on servers of its own, which it removes. Two things differ from an installation, so that it takes minutes:
# Prometheus is given three days without a bad second to look back on, and the short windows of the alerts (5 and 30 minutes)
# are 15 and 90 seconds. They decide when an alert ends. When it begins is decided by the long ones, which are as shipped.
set -euo pipefail
cd "$(dirname "$0")/../.."

bin=${SLUICE_BIN_DIR:-.build/release}
root=.sluice/demo-incident
work=$(mktemp -d)
topic=ad-events
pids=()
rows=()
unset SLUICE_KAFKA_BROKERS SLUICE_POSTGRES

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
fail() { printf 'demo-incident: %s\n' "$*" >&2; exit 1; }
sql() { PGOPTIONS='--client-min-messages=warning' psql -XAtq -v ON_ERROR_STOP=1 "$SLUICE_POSTGRES" -c "$1"; }
now() { date +%s.%N; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f", b - a }'; }

cleanup() {
    status=$?
    trap - EXIT INT TERM
    set +e
    for pid in "${pids[@]}"; do kill -CONT "$pid" 2>/dev/null; kill -KILL "$pid" 2>/dev/null; done
    wait 2>/dev/null
    "$bin/sluice" dev down --root "$root" >/dev/null 2>&1
    if [ "$status" -ne 0 ] && [ "$status" -ne 130 ]; then
        for log in "$work"/*.log; do
            [ -s "$log" ] && printf '\n--- the end of %s\n' "$(basename "$log")" >&2 && tail -n 15 "$log" >&2
        done
        [ ! -s "$work/alerts.jsonl" ] || { printf '\n--- the alerts that came\n' >&2; cat "$work/alerts.jsonl" >&2; }
    fi
    rm -rf "$work"
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Waits until the command succeeds, at most $1 seconds.
until_true() {
    local limit=$((SECONDS + $1)); shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$limit" ] || fail "waited in vain for: $*"
        read -rt 0.1 <> <(:) || true
    done
}

# Starts a program in the background: the name of its log and of the variable for its process id, then the command.
launch() {
    local name=$1; shift
    "$@" >>"$work/$name.log" 2>&1 </dev/null &
    pids+=("$!")
    printf -v "${name}_pid" '%s' "$!"
    disown "$!"
}

# A port below those that the system gives to connections, which nobody listens at.
free_port() {
    local port
    while port=$((15000 + RANDOM % 16000)); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { printf '%s' "$port"; return; }
    done
}

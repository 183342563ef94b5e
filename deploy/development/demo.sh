#!/usr/bin/env bash
# The demo: real ad events, budgets and credits through Kafka's protocol into PostgreSQL, a service killed in mid-stream,
# totals that must agree with the truth to the last unit, budget signals that must be published each once, in order, and a
# reconciliation of every figure with the log, whose page it leaves in .sluice/demo/reconciliation.html.
# Exits 0 only when all of it holds.
#
# SLUICE_KAFKA_BROKERS and SLUICE_POSTGRES name servers to use instead of starting private ones; there it works in
# topics, consumer groups and schemas of its own, and removes topics and schemas. DEMO_EVENTS and DEMO_RATE change the size.
set -euo pipefail
cd "$(dirname "$0")/../.."

events=${DEMO_EVENTS:-2000000}
rate=${DEMO_RATE:-150000}
bin=${SLUICE_BIN_DIR:-.build/release}
root=.sluice/demo
name="demo_$$_$(date +%s)"
topic="$name-ad-events"
adjustments="$name-spend-adjustments"
budgets="$name-campaign-budgets"
signals="$name-budget-signals"
work=$(mktemp -d)
pids=()
own_servers=false

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
fail() { printf 'demo: %s\n' "$*" >&2; exit 1; }
grouped() { sed -E ':a; s/([0-9])([0-9]{3})($|,)/\1,\2\3/; ta' <<<"$1"; }
sql() { PGOPTIONS='--client-min-messages=warning' psql -XAtq -v ON_ERROR_STOP=1 "$SLUICE_POSTGRES" -c "$1"; }

cleanup() {
    status=$?
    trap - EXIT INT TERM
    set +e
    for pid in "${pids[@]}"; do kill -KILL "$pid" 2>/dev/null; done
    wait 2>/dev/null
    if $own_servers; then
        "$bin/sluice" dev down --root "$root" >/dev/null 2>&1
    elif [ -n "${SLUICE_POSTGRES:-}" ]; then
        sql "DROP SCHEMA IF EXISTS ${name}_spend, ${name}_sluice CASCADE" >/dev/null 2>&1
        for each in "$topic" "$adjustments" "$budgets" "$signals" "$signals-positions"; do
            "$bin/sluice" topics delete "$each" >/dev/null 2>&1
        done
    fi
    if [ "$status" -ne 0 ] && [ "$status" -ne 130 ]; then
        for log in "$work"/*.log; do
            [ -s "$log" ] && printf '\n--- the end of %s\n' "$(basename "$log")" >&2 && tail -n 15 "$log" >&2
        done
    fi
    rm -rf "$work"
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Starts the aggregator called $1; its log goes to $1.log, its process id to the variable $1_pid.
start() {
    "$bin/spend-aggregator" run --kafka-topic "$topic" --kafka-group "$name" --kafka-instance-id "$name-$1" \
        --adjustments-topic "$adjustments" --budgets-topic "$budgets" --signals-topic "$signals" \
        --job "$name" --schema-prefix "${name}_" --admin-port 0 2>>"$work/$1.log" &
    pids+=("$!")
    printf -v "$1_pid" '%s' "$!"
    disown "$!"
}

# The value that the last log line with event $2, and with the text $4 where it is given, of the aggregator $1 has for the
# key $3.
logged() {
    grep "\"event\":\"$2\"" "$work/$1.log" | grep -F "${4:-}" | tail -n 1 | sed -n "s/.*\"$3\":\"\([^\"]*\)\".*/\1/p"
}
# Each topic has its own assignment; this is the events'.
assigned() { logged "$1" "partitions assigned" partitions "\"topic\":\"$topic\""; }
# How often a process has become the one that publishes signals, and which one did so last: a or b; nothing where none has.
elections() { cat "$work/a.log" "$work/b.log" 2>/dev/null | grep -c '"event":"this process publishes signals"' || true; }
relay() {
    grep -H '"event":"this process publishes signals"' "$work/a.log" "$work/b.log" 2>/dev/null |
        sed -E 's#.*/([ab])\.log:.*"ts":"([^"]*)".*#\2 \1#' | sort | tail -n 1 | cut -d ' ' -f 2
}

# Waits until the command succeeds, at most $1 seconds.
until_true() {
    local limit=$((SECONDS + $1)); shift
    until "$@"; do
        [ "$SECONDS" -lt "$limit" ] || fail "waited in vain for: $*"
        for pid in "${a_pid:-}" "${b_pid:-}"; do
            [ -z "$pid" ] || [ "$pid" = "${killed_pid:-}" ] || kill -0 "$pid" 2>/dev/null || fail "an aggregator has ended by itself"
        done
        read -rt 0.05 <> <(:) || true
    done
}
is_assigned() { [ -n "$(assigned "$1")" ]; }
has_relay() { [ "$(elections)" -gt "$1" ]; }
applied() { sql "SELECT coalesce(sum(records), 0) FROM ${name}_sluice.progress WHERE topic = '$topic'"; }
applied_by() { sql "SELECT coalesce(sum(records), 0) FROM ${name}_sluice.progress WHERE topic = '$topic' AND owner LIKE '$1'"; }
has_applied() { [ "$(applied)" -ge "$1" ]; }
metrics() {
    local port; port=$(logged "$1" "admin endpoint listens" port)
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    printf 'GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
    cat <&3
    exec 3>&-
}
# Quantiles of the histogram $1, from the metrics of both processes.
quantiles() {
    awk -v metric="^$1_bucket" '
        $0 ~ metric {
            match($0, /le="[^"]*"/); bound = substr($0, RSTART + 4, RLENGTH - 5)
            if (!(bound in count)) order[++n] = bound
            count[bound] += $2
        }
        function quantile(q,   i) {
            for (i = 1; i <= n; i++) if (count[order[i]] >= q * count["+Inf"]) return order[i]
            return "?"
        }
        END { printf "half within %s s, 99%% within %s s", quantile(0.5), quantile(0.99) }
    ' "$work"/*.metrics
}

mkdir -p "$root"
if [ -z "${SLUICE_KAFKA_BROKERS:-}" ] || [ -z "${SLUICE_POSTGRES:-}" ]; then
    say "Starting a private PostgreSQL and a local broker"
    "$bin/sluice" dev down --root "$root" >/dev/null 2>&1 || true
    own_servers=true
    given_kafka=${SLUICE_KAFKA_BROKERS:-} given_postgres=${SLUICE_POSTGRES:-}
    eval "$("$bin/sluice" dev up --root "$root" --export)"
    [ -z "$given_kafka" ] || SLUICE_KAFKA_BROKERS=$given_kafka
    [ -z "$given_postgres" ] || SLUICE_POSTGRES=$given_postgres
fi
export SLUICE_KAFKA_BROKERS SLUICE_POSTGRES
printf 'Kafka at %s, PostgreSQL at %s\n' "$SLUICE_KAFKA_BROKERS" "$(sed 's/password=[^ ]*/password=***/; s#://\([^:/@]*\):[^@]*@#://\1:***@#' <<<"$SLUICE_POSTGRES")"
for each in "$topic" "$adjustments" "$signals"; do
    "$bin/sluice" topics create "$each" --partitions 16 >/dev/null
done
"$bin/sluice" topics create "$budgets" --partitions 16 --compacted >/dev/null
printf 'topics %s-{ad-events,spend-adjustments,campaign-budgets,budget-signals}, 16 partitions each\n' "$name"

say "Starting two aggregators, a and b, in one consumer group"
start a
until_true 30 is_assigned a
until_true 30 has_relay 0
start b
until_true 60 is_assigned b
printf 'a has process id %s, b %s; b owns partitions %s; %s publishes signals\n' "$a_pid" "$b_pid" "$(assigned b)" "$(relay)"

say "Sending 12 budgets, then $(grouped "$events") ad events, $(grouped "$rate") a second, as they would happen now, and credits"
began=$(date +%s.%N)
"$bin/sluice" generate --topic "$topic" --partitions 16 --events "$events" --rate "$rate" --start now \
    --budgets "$budgets" --adjustments "$adjustments" --truth "$work/truth" >"$work/generate.log" 2>&1 &
generator=$!
pids+=("$generator")

until_true 120 has_applied $((events * 2 / 5))
# The one that publishes signals, so that it dies with a publication under way if there is one.
victim=$(relay) victim_pid="${victim}_pid"
killed_pid=${!victim_pid}
elected=$(elections)
kill -KILL "$killed_pid"
killed_at=$(date +%s.%N)
printf 'kill -9 %s: aggregator %s, which published the signals, is gone after %s committed events\n' "$killed_pid" "$victim" \
    "$(grouped "$(applied)")"
before=$(applied_by "$name-$victim/%")
start "$victim"
recovered() { [ "$(applied_by "$name-$victim/${!victim_pid}/%")" -gt "$before" ]; }
until_true 60 recovered
printf 'started again as process %s; its first commit came %.1f s after the kill\n' "${!victim_pid}" \
    "$(awk -v a="$killed_at" -v b="$(date +%s.%N)" 'BEGIN { print b - a }')"
until_true 60 has_relay "$elected"
printf 'from now on %s publishes signals\n' "$(relay)"
wait "$generator" || fail "the generator failed: $(tail -n 3 "$work/generate.log")"
tail -n 3 "$work/generate.log"

"$bin/sluice" verify --truth "$work/truth" --schema-prefix "${name}_" --job "$name" --wait 120s \
    >"$work/verify.out" 2>&1 || { cat "$work/verify.out"; exit 1; }
ended=$(date +%s.%N)
"$bin/sluice" signals --topic "$signals" --schema-prefix "${name}_" --verify --wait 60s --last 12 \
    >"$work/signals.out" 2>&1 || { cat "$work/signals.out"; exit 1; }
page=$root/reconciliation.html
"$bin/sluice" reconcile --schema-prefix "${name}_" --job "$name" --work-folder "$work" --html "$page" \
    >"$work/reconcile.out" 2>&1 || { cat "$work/reconcile.out"; exit 1; }
metrics a >"$work/a.metrics"
metrics b >"$work/b.metrics"

say "The ten largest campaigns in US dollars"
"$bin/sluice" spend --schema-prefix "${name}_" --currency USD --limit 10

say "Budgets: what is spent of them, and the highest threshold that was signalled"
"$bin/sluice" budgets list --schema-prefix "${name}_" --limit 20

say "The last twelve signals, as a consumer of committed records reads them"
sed '/^$/,$d' "$work/signals.out"

say "Every figure, counted again from the log by another program"
sed '/^$/d' "$work/reconcile.out" | grep -v '^reconciled:' || true
printf 'the same as a page: %s\n' "$page"

say "What happened"
sql "SELECT 'deduplicated   ' || to_char(sum(duplicates), '999,999,990') || '   repeats of an event, counted once' FROM ${name}_sluice.progress"
sql "SELECT 'late           ' || to_char(sum(late_events), '999,999,990') || '   came after their minute had ended, counted in it' FROM ${name}_sluice.progress"
sql "SELECT 'invalid        ' || to_char(sum(invalid_events), '999,999,990') || '   invalid traffic, counted apart, not charged' FROM ${name}_sluice.progress"
sql "SELECT 'dead letters   ' || to_char(count(*), '999,999,990') || '   kept whole with their reason' FROM ${name}_sluice.dead_letter"
sql "SELECT 'credits        ' || to_char(count(*), '999,999,990') || '   given back, of which ' || sum(repeats) || ' came twice and count once' FROM ${name}_spend.adjustment_ledger"
sql "SELECT 'signals        ' || to_char(count(*), '999,999,990') || '   of budgets crossed, or no longer crossed' FROM ${name}_spend.signal"
awk -v n="$events" -v a="$began" -v b="$ended" \
    'BEGIN { printf "throughput     %12.0f   events a second, from the first one sent to the verified totals\n", n / (b - a) }'
printf 'freshness      event to committed row: %s, the kill included\n' "$(quantiles sluice_event_to_commit_seconds)"
printf '               decided to published signal: %s\n' "$(quantiles sluice_outbox_publish_seconds)"
printf '\n'
tail -n 1 "$work/signals.out"
grep -E '^(adjustments|levels):' "$work/verify.out"
tail -n 1 "$work/reconcile.out"
tail -n 1 "$work/verify.out"

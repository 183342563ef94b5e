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

# What the receiver was told about the alert $1, in the state $2, since the moment $3: "seconds<TAB>cause<TAB>runbook". Fails
# where nothing came.
told() {
    python3 - "$work/alerts.jsonl" "$@" <<'PYTHON'
import json, sys
path, name, status, since = sys.argv[1:]
for line in open(path, encoding="utf-8"):
    alert = json.loads(line)
    labels, annotations = alert["labels"], alert["annotations"]
    if labels["alertname"] == name and alert["status"] == status and alert["received"] >= float(since):
        cause = " ".join(annotations.get("cause", "-").split())
        print(f"{alert['received'] - float(since):.1f}", cause, f"{labels['service']}/{annotations['runbook_url']}", sep="\t")
        sys.exit()
sys.exit(1)
PYTHON
}

# Shows the alert $1 of the fault that began at $2, as it arrived. Its seconds are in `seconds` afterwards.
show_alert() {
    local cause runbook
    until_true 90 told "$1" firing "$2"
    IFS=$'\t' read -r seconds cause runbook <<<"$(told "$1" firing "$2")"
    printf 'alert after %s s: %s\n    cause:   %.180s\n    runbook: deploy/%s\n' "$seconds" "$1" "$cause" "$runbook"
    local file=${runbook%%#*} section=${runbook##*#}
    sed -n 's/^#* //p' "deploy/$file" | tr 'A-Z ' 'a-z-' | grep -x -- "$section" >/dev/null ||
        fail "deploy/$file has no section #$section"
}

# Asks doctor, shows its first answer, and checks that it is one of $1 (separated by |). The command that it names is in
# `command` afterwards.
ask_doctor() {
    "$bin/sluice" doctor "${services[@]}" >"$work/doctor.txt" 2>&1 || true
    first=$(sed -n 's/^1\. .*\[\([a-z_]*\), .*$/\1/p' "$work/doctor.txt")
    command=$(sed -n '1,/^$/s/^ *\$ //p' "$work/doctor.txt" | head -n 1)
    printf 'sluice doctor says:\n'
    sed -n '1,/^$/p' "$work/doctor.txt" | sed '/^$/d' | cut -c 1-190 | sed 's/^/    /'
    [[ "|$1|" == *"|$first|"* ]] && verdict=yes || verdict=no
}

# Waits until the receiver was told that the alert $1 is over, and doctor finds nothing; $2 is when it was mended, $3 the fault.
show_recovery() {
    until_true 90 told "$1" resolved "$2"
    printf 'recovered: the alert ended %s s after the mend\n' "$(told "$1" resolved "$2" | cut -f 1)"
    until_true 60 "$bin/sluice" doctor "${services[@]}"
    printf 'sluice doctor says: %s\n' "$("$bin/sluice" doctor "${services[@]}" | tail -n 1)"
    rows+=("$(printf '%-42s  %-24s  %7s  %-22s  %s' "$3" "$1" "$seconds" "$first" "$verdict")")
    [ "$verdict" = yes ] || failed=true
}

start_aggregator() {
    launch aggregator "$bin/spend-aggregator" run --kafka-topic "$topic" --kafka-instance-id demo \
        --admin-port "$aggregator_port" "$@"
}
# A Prometheus without a past: what one fault has burnt does not make the alert of the next one come sooner.
start_prometheus() {
    [ -z "${prometheus_pid:-}" ] || kill -KILL "$prometheus_pid"
    rm -rf "$work/prometheus-data"
    local port; port=$(free_port)
    launch prometheus prometheus --config.file="$work/deploy/alerting/prometheus.yml" \
        --storage.tsdb.path="$work/prometheus-data" --web.listen-address="127.0.0.1:$port"
    until_true 30 scraped "$port"
}
scraped() {
    [ "$(python3 -c "import json, urllib.request as r
print(len(json.load(r.urlopen('http://127.0.0.1:$1/api/v1/query?query=up%3D%3D1'))['data']['result']))")" = 2 ]
}
reconciled() { [ "$(sql "SELECT count(*) FROM sluice.reconciliation WHERE verdict = 'match'" 2>/dev/null || echo 0)" -gt 0 ]; }
applied() { [ "$(sql "SELECT coalesce(sum(records), 0) FROM sluice.progress" 2>/dev/null || echo 0)" -gt "$1" ]; }
reconcile() { "$bin/sluice" reconcile --work-folder "$work" "$@"; }

for program in prometheus prometheus-alertmanager python3 psql; do
    command -v "$program" >/dev/null || fail "there is no program $program: install the package of that name"
done

say "Starting PostgreSQL, a broker, an aggregator and a reconciler"
"$bin/sluice" dev down --root "$root" >/dev/null 2>&1 || true
mkdir -p "$root" "$work/state"
eval "$("$bin/sluice" dev up --root "$root" --export)"
export SLUICE_KAFKA_BROKERS SLUICE_POSTGRES SLUICE_DEV_ROOT=$root
aggregator_port=$(free_port) reconciler_port=$(free_port) alertmanager_port=$(free_port) receiver_port=$(free_port)
services=(--service "spend-aggregator=http://127.0.0.1:$aggregator_port" --service "reconciler=http://127.0.0.1:$reconciler_port")
"$bin/sluice" topics create "$topic" --partitions 4 >/dev/null
start_aggregator --kafka-contiguous true
launch generator "$bin/sluice" generate --topic "$topic" --partitions 4 --events 200000 --rate 200 --start now --append --quiet
until_true 60 applied 500
launch reconciler "$bin/reconciler" run --state-folder "$work/state" --follow-interval 1s --full-interval 3s \
    --admin-port "$reconciler_port"
until_true 60 reconciled

say "Starting Prometheus, Alertmanager and a receiver, on the files of deploy/"
mkdir -p "$work/deploy/alerting"
for service in spend-aggregator reconciler archiver; do
    mkdir -p "$work/deploy/$service"
    cp "deploy/$service/alerts.yml" "$work/deploy/$service/"
    sed -e 's/\[5m\])), 300)/[15s])), 15)/; s/\[30m\])), 1800)/[90s])), 90)/; s/\[5m\]/[15s]/; s/\[30m\]/[90s]/' \
        "deploy/$service/slo.yml" >"$work/deploy/$service/slo.yml"
done
sed -e "s/127.0.0.1:9093/127.0.0.1:$alertmanager_port/; s/127.0.0.1:9464/127.0.0.1:$aggregator_port/" \
    -e "s/127.0.0.1:9466/127.0.0.1:$reconciler_port/; s/\[\"127.0.0.1:9465\"\]/[]/" \
    deploy/alerting/prometheus.yml >"$work/deploy/alerting/prometheus.yml"
head -c 32 /dev/urandom | base64 >"$work/token"
sed -e "s#http://127.0.0.1:9099/\(.*\)#http://127.0.0.1:$receiver_port/\1\n        http_config: {authorization: {credentials_file: $work/token}}#" \
    deploy/alerting/alertmanager.yml >"$work/deploy/alerting/alertmanager.yml"
touch "$work/alerts.jsonl"
launch receiver python3 deploy/alerting/receiver.py --token-file "$work/token" --port "$receiver_port" --out "$work/alerts.jsonl"
launch alertmanager prometheus-alertmanager --config.file="$work/deploy/alerting/alertmanager.yml" \
    --storage.path="$work/alertmanager-data" --web.listen-address="127.0.0.1:$alertmanager_port" --cluster.listen-address=
start_prometheus
until_true 60 "$bin/sluice" doctor "${services[@]}"
printf 'all quiet; sluice doctor says: %s\n' "$("$bin/sluice" doctor "${services[@]}" | tail -n 1)"
failed=false

say "1. Somebody opens a transaction, locks a progress row, and goes to lunch"
began=$(now)
mkfifo "$work/statements"
launch hung env PGAPPNAME=report psql -XAtq "$SLUICE_POSTGRES" -f "$work/statements"
exec 9<>"$work/statements"
echo "BEGIN; SELECT FROM sluice.progress WHERE partition = 0 FOR UPDATE;" >&9
show_alert SluiceCommitsFail "$began"
ask_doctor idle_in_transaction
printf 'mend, as doctor says: %s\n' "$command"
bash -c "$command" >/dev/null
show_recovery SluiceCommitsFail "$(now)" "a transaction hangs"

say "2. PostgreSQL is stopped"
start_prometheus
began=$(now)
kill -INT "$("$bin/sluice" dev status --root "$root" --format csv | tr -d '\r' | sed -n 's/^postgres,[^,]*,\([0-9]*\),.*/\1/p')"
show_alert SluiceCommitsFail "$began"
ask_doctor postgres_down
printf 'mend: it is started again\n'
"$bin/sluice" dev up --root "$root" >/dev/null
show_recovery SluiceCommitsFail "$(now)" "PostgreSQL stopped"

say "3. Somebody adds one unit to a row by hand"
began=$(now)
sql "BEGIN; SELECT set_config('sluice.levels', 'derived', true);
    UPDATE spend.minute_by_partition SET spend_nanos = spend_nanos + 1000000000
    WHERE ctid = (SELECT ctid FROM spend.minute_by_partition ORDER BY minute, campaign_id LIMIT 1); COMMIT" >/dev/null
show_alert SluiceSpendDiffers "$began"
ask_doctor figures_differ
printf 'mend, as the runbook says: sluice reconcile --plan plan.json; sluice reconcile repair plan.json --apply\n'
reconcile --plan "$work/plan.json" >"$work/plan.log" 2>&1 || true
[ -s "$work/plan.json" ] || fail "no plan was made"
"$bin/sluice" reconcile repair "$work/plan.json" --apply --reason "demo: a row changed by hand"
show_recovery SluiceSpendDiffers "$(now)" "a row changed by hand"

# Last: a log with a gap proves no longer what a row must be, so that a plan of a repair is refused.
say "4. Somebody writes in a transaction to a topic that was declared to skip no offset"
began=$(now)
deploy/development/poison-partition.py "$SLUICE_KAFKA_BROKERS" "$topic" 1
show_alert SluicePartitionStopped "$began"
ask_doctor offsets_missing
gap=$(grep -o -m 1 -- '--accept-gap-to [0-9]*' <<<"$command")
printf 'mend, as doctor says: the declaration is corrected, and: sluice progress set --topic %s --partition 1 %s\n' "$topic" "$gap"
kill -TERM "$aggregator_pid"
until_true 30 eval "! kill -0 $aggregator_pid"
# shellcheck disable=SC2086
"$bin/sluice" progress set --topic "$topic" --partition 1 $gap --reason "demo: the marker of a transaction" --yes >/dev/null
start_aggregator
show_recovery SluicePartitionStopped "$(now)" "a partition poisoned"

say "What was broken, who noticed, and whether doctor's first answer was the true cause"
printf '%-42s  %-24s  %7s  %-22s  %s\n' fault alert seconds "doctor's first answer" true
printf '%s\n' "${rows[@]}"

say "Every figure, counted again from the log"
kill -KILL "$generator_pid"
reconcile >"$work/reconcile.out" 2>&1 || { cat "$work/reconcile.out"; exit 1; }
tail -n 1 "$work/reconcile.out"
grep -q 'difference 0$' <(tail -n 1 "$work/reconcile.out") || fail "figures differ"
! $failed || fail "doctor's first answer was not the true cause"

#!/bin/bash
# The alerts of deploy/: Prometheus takes every rule file, every unit test of rules passes, and every alert links to a section that
# its runbook has.
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! command -v promtool > /dev/null; then
    echo "check-alerts: promtool is missing; make setup installs it (package prometheus)" >&2
    exit 1
fi

failed=0
fail() {
    echo "check-alerts: $*" >&2
    failed=1
}

# What GitHub and Grafana make of a heading: small letters, hyphens for blanks, nothing else but letters, digits, _ and -.
anchors() {
    sed -n 's/^##* //p' "$1" | tr '[:upper:]' '[:lower:]' | tr -d "\`" | sed -E 's/ /-/g; s/[^a-z0-9_-]//g'
}

for rules in deploy/*/alerts.yml deploy/*/slo.yml; do
    folder=$(dirname "$rules")
    promtool check rules "$rules" > /dev/null || fail "$rules: promtool check rules"
    alerts=$(grep -c -- '- alert:' "$rules" || true)
    links=$(grep -c 'runbook_url:' "$rules" || true)
    [ "$alerts" = "$links" ] || fail "$rules: $alerts alerts and $links runbook_urls"
    while read -r section; do
        anchors "$folder/runbook.md" | grep -qxF -- "$section" || fail "$rules: $folder/runbook.md has no section #$section"
    done < <(sed -nE "s/.*runbook_url: .*runbook\.md#([a-z0-9_-]+).*/\1/p" "$rules" | sort -u)
done

for test in deploy/*/*_test.yml; do
    log=$(cd "$(dirname "$test")" && promtool test rules "$(basename "$test")" 2>&1) || fail "$test: $log"
done

[ "$failed" = 0 ] || exit 1
echo "alerts: rules, their tests and the runbooks' sections are well"

#!/usr/bin/env bash
# Removes each guard of exactly-once in turn and shows that its test fails without it, and passes with it.
#
# One debug build has all the switches; SLUICE_MUTANT turns one on. The table is mutants.tsv; every switch that the
# code has must have a row.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
table=Tests/Mutants/mutants.tsv
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

swift build --build-tests --explicit-target-dependency-import-check error

in_code=$(grep -o '("[a-z-]*"' Shared/Streams/Mutants.swift | tr -d '("' | sort)
in_table=$(grep -v '^#' "$table" | cut -f1 | sort)
if [ "$in_code" != "$in_table" ]; then
    echo "mutants: the switches of Mutants.swift and the rows of $table differ:" >&2
    diff <(echo "$in_code") <(echo "$in_table") >&2
    exit 1
fi

tests() { swift test --skip-build --disable-xctest --filter "$1" >"$work/log" 2>&1; }
# Swift Testing's closing line: that tests ran, and how they ended.
closing() { grep -aE "Test run with [1-9][0-9]* tests? in .* $1 after" "$work/log" >/dev/null; }

failures=0
printf '%-24s %-8s %-8s %s\n' guard with without test
while IFS=$'\t' read -r switch _ _ test; do
    [[ $switch == \#* ]] && continue
    with=failed without=missed
    if tests "^${test//./\\.}" && closing passed; then with=passed; fi
    cp "$work/log" "$work/with"
    if ! SLUICE_MUTANT=$switch tests "^${test//./\\.}" && closing failed; then without=noticed; fi
    printf '%-24s %-8s %-8s %s\n' "$switch" "$with" "$without" "$test"
    if [ "$with" != passed ]; then tail -n 20 "$work/with" >&2; fi
    if [ "$without" != noticed ]; then tail -n 5 "$work/log" >&2; fi
    if [ "$with $without" != 'passed noticed' ]; then failures=$((failures + 1)); fi
done <"$table"

if [ "$failures" -gt 0 ]; then
    echo "mutants: $failures guards without a test that stands for them" >&2
    exit 1
fi
echo "mutants: $(grep -vc '^#' "$table") guards removed one by one, each noticed"

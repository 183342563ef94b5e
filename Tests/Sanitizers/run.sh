#!/usr/bin/env bash
# Runs the suite under a sanitizer: `run.sh address` or `run.sh thread`, with more arguments for `swift test` (such as
# --filter NAME) those tests alone.
#
# The programs that tests start are the sanitized ones. A report fails the process that it is about (exit code 86) and
# stays in .build-asan/reports or .build-tsan/reports, which must be empty in the end: a process that a test expects to
# fail, or kills, can hide none. Before the suite a planted fault must be reported in just this way.
set -euo pipefail

sanitizer=${1:?address or thread}
shift
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
case "$sanitizer" in
    address) scratch="$root/.build-asan" ;;
    thread) scratch="$root/.build-tsan" ;;
    *) echo "no sanitizer for the suite: $sanitizer" >&2; exit 2 ;;
esac
reports="$scratch/reports"

cd "$root"
export SLUICE_SANITIZED="$sanitizer"
# Optimised, and yet with all that debug builds have: without it the standard library's generic code is called in its
# own library, which has no instrumentation, and a read beyond memory through a raw pointer goes unseen.
flags=(--scratch-path "$scratch" --sanitize "$sanitizer" -Xswiftc -O)
# The linker's warnings about symbols of the sanitizer's own library, some hundred a program.
swift build --build-tests "${flags[@]}" 2> >(grep -v 'Cannot export local symbol' >&2)
rm -rf "$reports" && mkdir -p "$reports"

common="log_path=$reports/report:exitcode=86:abort_on_error=0"
export ASAN_OPTIONS="$common:detect_leaks=1"
export LSAN_OPTIONS="suppressions=$here/lsan.supp:print_suppressions=0"
export TSAN_OPTIONS="$common:suppressions=$here/tsan.supp"
export SWIFT_BACKTRACE=enable=no
# Everything takes several times as long: so may what tests wait for.
export TEST_PATIENCE=4
# Of the storm as much as shows every kind of kill.
export SLUICE_CRASH_KILLS=${SLUICE_CRASH_KILLS:-60}
export SLUICE_BIN_DIR="$scratch/debug" SLUICE_DEBUG_BIN_DIR="$scratch/debug"

# A file without a summary only says that address sanitizer knows of makecontext, which the simulator uses and tells it of.
has_reports() { grep -qs SUMMARY "$reports"/*; }

# --- A planted fault must be noticed ---

planted="$scratch/planted-$sanitizer"
swiftc -O -parse-as-library "-sanitize=$sanitizer" -o "$planted" "$here/planted-$sanitizer.swift" \
    2> >(grep -v 'Cannot export local symbol' >&2)
status=0
"$planted" || status=$?
if [ $status != 86 ] || ! has_reports; then
    echo "the planted fault ended with $status and left: $(ls "$reports")" >&2
    exit 1
fi
echo "a planted fault ends with $status and: $(grep -h SUMMARY "$reports"/*)"
rm -f "$reports"/*

# --- The suite ---

failed=0
run() {
    local began=$SECONDS
    echo "== swift test $*"
    swift test --skip-build --disable-xctest "${flags[@]}" "$@" || failed=1
    echo "== took $((SECONDS - began)) s"
}
if [ $# -gt 0 ]; then
    run "$@"
else
    run --filter '^RuntimeTests\.'
    run --filter '^KafkaTests\.'
    run --skip '^(RuntimeTests|KafkaTests|IntegrationTests)\.'
    # But for what only a release build can show: both folders name the sanitized one.
    run --no-parallel --filter '^IntegrationTests\.' --skip 'releaseBuild'
fi

if has_reports; then
    echo "== reports of the sanitizer, whole in $reports:"
    grep -h SUMMARY "$reports"/* | sort | uniq -c | sort -rn
    exit 1
fi
[ $failed = 0 ] || exit 1
echo "the suite passed under the $sanitizer sanitizer, without a report"

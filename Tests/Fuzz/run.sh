#!/usr/bin/env bash
# Builds the fuzzers and runs them, two at a time; prints a table and exits with 1 if one of them crashed.
#
#   run.sh                     every target for FUZZ_SECONDS (300) each
#   run.sh --quick             the corpus and FUZZ_RUNS (2,000) executions in all of each, from a fixed seed
#   run.sh --merge             no run: takes what earlier runs found into Corpus/, with as few files as cover the same
#   run.sh [--quick] TARGET... these targets only
#
# FUZZ_JOBS: how many run at a time (2). What a run finds is kept in .build-fuzz/corpus/TARGET and used by the next one;
# inputs that crash are kept in .build-fuzz/crashes, named for their target.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
scratch="$root/.build-fuzz"
crashes="$scratch/crashes"
logs="$scratch/logs"
mode=long
case "${1:-}" in
    --quick) mode=quick; shift ;;
    --merge) mode=merge; shift ;;
esac
seconds=${FUZZ_SECONDS:-300}
[ $mode = quick ] && seconds=${FUZZ_SECONDS:-60}

cd "$root"
# One -sanitize for Swift's frontend, which heeds the last one only. Release code, with its checks for overflow and
# bounds; testable, because the parsers are internal to their modules. Left out of what the build says: the files of
# Tests that are not the fuzzers', and the linker's words about the sanitizer's library.
SLUICE_FUZZ=1 SLUICE_SANITIZED=address swift build -c release --scratch-path "$scratch" --product fuzz \
    --sanitize fuzzer --sanitize address -Xswiftc -sanitize=fuzzer,address -Xswiftc -enable-testing \
    2> >(grep -vE '^warning: .*unhandled|^    /|Cannot export local symbol' >&2)
fuzz="$scratch/release/fuzz"
mkdir -p "$crashes" "$logs"
export ASAN_OPTIONS=handle_abort=1:allocator_may_return_null=0
export LSAN_OPTIONS="suppressions=$root/Tests/Sanitizers/lsan.supp:print_suppressions=0"
export SWIFT_BACKTRACE=enable=no
# What differs from process to process, and with it what a run tries next from the same seed: the order of Swift's sets
# and dictionaries, and addresses, which a sandbox may not let us fix.
fixed=()
if [ $mode = quick ]; then
    export SWIFT_DETERMINISTIC_HASHING=1
    if setarch -R true 2>/dev/null; then fixed=(setarch -R); fi
fi

if [ $# -gt 0 ]; then targets=("$@"); else mapfile -t targets < <("$fuzz" --list); fi

# The options that hold for a target in every mode.
options() {
    local found="$scratch/corpus/$1"
    printf '%s\n' "--target=$1" -timeout=20 -max_len=4096 -malloc_limit_mb=64 "-artifact_prefix=$crashes/$1-"
    [ -f "$here/Dictionaries/$1.dict" ] && printf '%s\n' "-dict=$here/Dictionaries/$1.dict"
    mkdir -p "$found"
}

run_target() {
    local target=$1 log="$logs/$1.log" arguments
    mapfile -t arguments < <(options "$target")
    arguments+=("-max_total_time=$seconds" -print_final_stats=1)
    if [ $mode = quick ]; then
        # So many executions from one seed, and what earlier runs found stays out: two runs of one commit do nearly the
        # same, whatever the machine (all but `settings`, which was seen to vary). The first folder is written to.
        local new="$scratch/quick/$target"
        rm -rf "$new" && mkdir -p "$new"
        arguments+=(-seed=1 "-runs=${FUZZ_RUNS:-2000}" "$new")
    else
        arguments+=("$scratch/corpus/$target")
    fi
    [ -d "$here/Corpus/$target" ] && arguments+=("$here/Corpus/$target")
    local status=0
    "${fixed[@]}" "$fuzz" "${arguments[@]}" >"$log" 2>&1 || status=$?
    echo "$status" >"$logs/$target.status"
}

# With as few files as reach the same, and every file that once crashed.
merge_target() {
    local target=$1 merged="$scratch/merged/$1" arguments kept="$here/Corpus/$1"
    rm -rf "$merged" && mkdir -p "$merged" "$kept"
    mapfile -t arguments < <(options "$target")
    "$fuzz" "${arguments[@]}" -merge=1 -set_cover_merge=1 "$merged" "$scratch/corpus/$target" "$kept" \
        >"$logs/$target.merge.log" 2>&1
    find "$kept" -type f ! -name 'found-*' -delete
    find "$merged" -type f -size -3k -exec cp -t "$kept" {} +
    echo "$target: $(find "$kept" -type f | wc -l) files, $(du -sk --apparent-size "$kept" | cut -f1) KiB"
}

if [ $mode = merge ]; then
    for target in "${targets[@]}"; do merge_target "$target"; done
    exit
fi

began=$SECONDS
running=0
for target in "${targets[@]}"; do
    if [ $running -ge "${FUZZ_JOBS:-2}" ]; then
        wait -n
        running=$((running - 1))
    fi
    run_target "$target" &
    running=$((running + 1))
done
wait

# The coverage is in edges; INITED is what the corpus reached, the last word is what the run reached.
figure() { sed -nE "s/$2/\1/p" "$logs/$1.log" | tail -n 1; }
failed=0
printf '\n%-20s %12s %10s %8s %8s %10s  %s\n' target executions 'a second' edges 'new' 'new inputs' result
for target in "${targets[@]}"; do
    executions=$(figure "$target" '^stat::number_of_executed_units: +([0-9]+).*')
    speed=$(figure "$target" '^stat::average_exec_per_sec: +([0-9]+).*')
    inputs=$(figure "$target" '^stat::new_units_added: +([0-9]+).*')
    first=$(figure "$target" '^#[0-9]+\s+INITED cov: ([0-9]+) .*')
    last=$(figure "$target" '^#[0-9]+\s+[A-Za-z]+ +cov: ([0-9]+) .*')
    result=passed
    if [ "$(cat "$logs/$target.status")" != 0 ]; then
        result=CRASHED
        failed=1
    fi
    printf '%-20s %12s %10s %8s %8s %10s  %s\n' "$target" "${executions:-?}" "${speed:-?}" "${last:-?}" \
        "$((${last:-0} - ${first:-0}))" "${inputs:-?}" "$result"
done
echo "$((SECONDS - began)) s with ${#targets[@]} targets"
if [ $failed != 0 ]; then
    for target in "${targets[@]}"; do
        [ "$(cat "$logs/$target.status")" = 0 ] && continue
        echo
        echo "== $target: what broke, and the input that breaks it again with"
        echo "   $fuzz --target=$target FILE"
        grep -aE 'PROPERTY BROKEN|Fatal error|ERROR:|SUMMARY:|Test unit written' "$logs/$target.log" | cut -c1-600 || tail -n 5 "$logs/$target.log"
    done
    exit 1
fi

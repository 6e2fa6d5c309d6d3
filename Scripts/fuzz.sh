#!/usr/bin/env bash
# Fuzzes the decoders with libFuzzer and the address sanitizer, one line of result for each.
#
#   Scripts/fuzz.sh [--runs N] [--seconds S] [--list] [DECODER ...]
#
# Every decoder named (all, if none is) gets N inputs, or as many as S seconds allow; without a bound, 1,000,000 inputs.
# A decoder fails on a crash, a trap, a read beyond its input, a broken promise ('what was accepted encodes to the same
# bytes'), an allocation of more than 128 MiB at once, or an input that takes 20 seconds. The input is kept and its path
# shown. Inputs found in earlier runs are kept in .build-fuzz/corpus and used again.
set -euo pipefail
cd "$(dirname "$0")/.."

runs=
seconds=
list=
decoders=()
while [ $# -gt 0 ]; do
    case "$1" in
        --runs) runs=$2; shift ;;
        --seconds) seconds=$2; shift ;;
        --list) list=yes ;;
        -*) sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
        *) decoders+=("$1") ;;
    esac
    shift
done
if [ -z "$runs$seconds" ]; then runs=1000000; fi

folder=.build-fuzz
mkdir -p "$folder"
# The package manager gives the Swift compiler one option for each sanitizer, of which the compiler takes the last alone:
# Swift code would lack coverage or the address sanitizer. Hence both once more, in one option.
build=(swift build -c release --scratch-path "$folder" --product Fuzzer --sanitize fuzzer --sanitize address
    -Xswiftc -sanitize=address,fuzzer)
# It also keeps them in a set, whose order is another in every process: without this, every build would start from
# nothing.
export SWIFT_DETERMINISTIC_HASHING=1
if ! CAIRN_FUZZING=1 "${build[@]}" >"$folder/build.log" 2>&1; then
    cat "$folder/build.log" >&2
    exit 1
fi
fuzzer="$(CAIRN_FUZZING=1 "${build[@]}" --show-bin-path 2>/dev/null)/Fuzzer"
export SWIFT_BACKTRACE=enable=no
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0:quarantine_size_mb=16}

known=$(CAIRN_FUZZ_LIST=1 "$fuzzer")
if [ -n "$list" ]; then
    cut -d' ' -f1 <<<"$known"
    exit 0
fi
if [ ${#decoders[@]} -eq 0 ]; then mapfile -t decoders < <(cut -d' ' -f1 <<<"$known"); fi

# What cannot fail proves nothing: a bug must be found before silence counts.
if CAIRN_FUZZ_DECODER=self-test "$fuzzer" -max_len=16 -runs=1000000 -artifact_prefix="$folder/self-test-" \
    >"$folder/self-test.log" 2>&1 || ! grep -q heap-buffer-overflow "$folder/self-test.log"; then
    echo "the fuzzer does not find the bug of its self-test: see $folder/self-test.log" >&2
    exit 1
fi

failed=0
printf '%-34s %10s %8s %9s %8s  %s\n' decoder inputs seconds coverage 'peak MiB' verdict
for decoder in "${decoders[@]}"; do
    longest=$(awk -v name="$decoder" '$1 == name { print $2 }' <<<"$known")
    if [ -z "$longest" ]; then
        echo "there is no decoder '$decoder'; --list shows all" >&2
        exit 2
    fi
    corpus=$folder/corpus/$decoder
    log=$folder/logs/$decoder.log
    mkdir -p "$corpus" "$folder/logs" "$folder/findings"
    status=0
    CAIRN_FUZZ_DECODER=$decoder CAIRN_FUZZ_SEEDS=$corpus "$fuzzer" \
        -max_len="$longest" -runs="${runs:--1}" -max_total_time="${seconds:-0}" -timeout=20 -malloc_limit_mb=128 \
        -rss_limit_mb=1024 -print_final_stats=1 -artifact_prefix="$folder/findings/$decoder-" "$corpus" \
        >"$log" 2>&1 || status=$?
    figure() { grep -a "^stat::$1:" "$log" | grep -o '[0-9]*$' || echo '?'; }
    coverage=$(grep -a -o ' cov: [0-9]*' "$log" | tail -1 | grep -o '[0-9]*' || echo '?')
    duration=$(grep -a -o 'in [0-9]* second' "$log" | tail -1 | grep -o '[0-9]*' || echo '?')
    verdict=ok
    if [ "$status" -ne 0 ]; then
        failed=1
        kept=$(grep -a -o 'Test unit written to .*' "$log" | tail -1 | cut -d' ' -f5 || true)
        verdict="FAILED, input ${kept:-none}, log $log"
    fi
    printf '%-34s %10s %8s %9s %8s  %s\n' "$decoder" "$(figure number_of_executed_units)" "$duration" "$coverage" \
        "$(figure peak_rss_mb)" "$verdict"
done
exit $failed

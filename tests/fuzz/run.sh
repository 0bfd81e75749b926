#!/usr/bin/env bash
# Builds the fuzz targets with clang, AddressSanitizer and UndefinedBehaviorSanitizer, and runs each for a while from the
# seeds that make_seeds.py writes. What it finds is kept in build/fuzz/corpus for the next run, crashes in build/fuzz/crashes.
#
# Usage: tests/fuzz/run.sh [--seconds N] [TARGET...]   (default: 20 s, every target)
#        tests/fuzz/run.sh --list    prints the targets, one a line
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
seconds=20 targets=() all_targets=(csv_fuzz format_fuzz apply_fuzz snapshot_fuzz bus_fuzz wire_fuzz http_fuzz fix_fuzz)
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) [ $# -ge 2 ] || { echo "fuzz: --seconds needs a number" >&2; exit 2; }; seconds=$2; shift ;;
    --list) printf '%s\n' "${all_targets[@]}"; exit ;;
    *) targets+=("$1") ;;
  esac
  shift
done
[ ${#targets[@]} -gt 0 ] || targets=("${all_targets[@]}")

mkdir -p build
cmake --preset fuzz >build/fuzz-configure.log || { cat build/fuzz-configure.log; exit 1; }
cmake --build --preset fuzz --target "${targets[@]}"
python3 tests/fuzz/make_seeds.py build/fuzz/corpus

passed=0 failed=0
mkdir -p build/fuzz/crashes
for target in "${targets[@]}"; do
  log=build/fuzz/$target.log
  mkdir -p "build/fuzz/corpus/$target"
  if "build/fuzz/bin/$target" -max_total_time="$seconds" -max_len=16384 -timeout=20 -entropic=0 -rss_limit_mb=3000 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/crashes/$target-" "build/fuzz/corpus/$target" >"$log" 2>&1; then
    printf '%s: %s executions, no crash\n' "$target" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
    passed=$((passed + 1))
  else
    tail -n 40 "$log"
    printf '%s: it crashed, the input is in build/fuzz/crashes\n' "$target"
    failed=$((failed + 1))
  fi
done
printf '%d passed, %d failed, 0 skipped\n' "$passed" "$failed"
[ "$failed" = 0 ]

#!/usr/bin/env bash
# Style and structure as tests: rules.py judges the tree. With --clang-tidy, clang-tidy judges the C++
# as well, with the compile commands of build/dev; that takes minutes.
#
# Usage: tests/tidy/run.sh [--clang-tidy | --filter REGEX]    --filter: the rules whose name matches
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
[ "${1:-}" = --clang-tidy ] || exec python3 -B tests/tidy/tidy.py "$@"

[ -f build/dev/compile_commands.json ] || { echo "tidy: build/dev has no compile commands (cmake --preset dev)" >&2; exit 1; }
passed=0 failed=0
mapfile -t sources < <(git ls-files 'libs/*.cpp' 'services/*.cpp')
while read -r verdict _; do
  if [ "$verdict" = ok ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done < <(printf '%s\0' "${sources[@]}" | xargs -0 -P "$(nproc)" -I{} bash -c 'clang-tidy -p build/dev --quiet "$1" >&2 && echo ok "$1" || echo bad "$1"' - {})
report=$(python3 -B tests/tidy/tidy.py) || true
printf '%s\n' "$report" | sed '$d'
read -r rules_passed rules_failed rules_skipped < <(printf '%s\n' "$report" | sed -nE '$s/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$/\1 \2 \3/p')
echo "$((passed + rules_passed)) passed, $((failed + rules_failed)) failed, $rules_skipped skipped"
[ $((failed + rules_failed)) = 0 ]

#!/usr/bin/env bash
# Installs what is missing, builds everything, and runs every suite. The last line is the sum of
# all suites: N passed, N failed, N skipped.
#
# Usage: tests/run.sh [--preset dev|asan|tsan] [--only SUITE[,SUITE]] [--filter REGEX | --target NAME[,NAME]]
#                     [--compose] [--no-install]
#   --preset      the C++ build (default dev); with asan and tsan the suite cpp alone runs unless --only says more
#   --only        tidy: style and structure; cpp: unit, contract and mesh tests; python; fuzz: each fuzz target for a
#                 while; chaos: rounds under faults on PostgreSQL; page: the page's own tests; browser: the page in Chromium;
#                 compose: docker compose on PostgreSQL
#   --filter      only the tests whose name matches, of the suites that run; none at all is a failure. A name is, in
#                 tidy: the rule; cpp: EXECUTABLE:CASE; python: FOLDER/MODULE.CLASS.METHOD; fuzz: the target; chaos: the
#                 fault; page, browser, compose: the case. Each runner reads REGEX itself: . * + ? [] () | ^ $ mean the same to all
#   --target      of the suite cpp, which then runs alone, build and run these test executables only: bus_test,test_http
#   --compose     run the suite compose too; without it, it runs where CI=true and a Docker engine answers
#   --no-install  do not look for missing Debian packages
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

preset=dev only='' filter='' targets='' compose=auto install=yes
while [ $# -gt 0 ]; do
  case $1 in
    --preset | --only | --filter | --target) [ $# -ge 2 ] || { echo "tests: $1 needs a value" >&2; exit 2; } ;;&
    --preset) preset=$2; shift ;;
    --only) only=$2; shift ;;
    --filter) filter=$2; shift ;;
    --target) targets=$2 only=${only:-cpp}; shift ;;
    --compose) compose=yes ;;
    --no-install) install=no ;;
    -h | --help) sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//p}' "$0"; exit 0 ;;
    *) echo "tests: unknown option $1 (--help)" >&2; exit 2 ;;
  esac
  shift
done
case $preset in dev) ;; asan | tsan) only=${only:-cpp} ;; *) echo "tests: --preset is one of dev, asan, tsan" >&2; exit 2 ;; esac
[ -z "$targets" ] || { [ "$only" = cpp ] && [ -z "$filter" ]; } || { echo "tests: --target goes with neither --filter nor other suites than cpp" >&2; exit 2; }
known=(tidy cpp python fuzz chaos page browser compose)
for name in ${only//,/ }; do
  [[ " ${known[*]} " == *" $name "* ]] || { echo "tests: --only knows ${known[*]}" >&2; exit 2; }
done

build=$root/build/$preset
logs=$build/test-logs
mkdir -p "$logs"
passed=0 failed=0 skipped=0 table=()

say() { printf '%s\n' "tests: $*"; }

wanted() {
  [ -z "$only" ] || [[ ",$only," == *",$1,"* ]]
}

add() {  # add SUITE PASSED FAILED SKIPPED
  passed=$((passed + $2)) failed=$((failed + $3)) skipped=$((skipped + $4))
  table+=("$(printf '%-8s %5d passed, %d failed, %d skipped' "$1" "$2" "$3" "$4")")
}

suite() {  # suite NAME REPORT COMMAND...: REPORT is a JUnit file that the command writes, or - for its output
  local name=$1 report=$2 status=0 counts; shift 2
  say "$name"
  "$@" >"$logs/$name.log" 2>&1 </dev/null || status=$?
  [ "$report" != - ] || report=$logs/$name.log
  read -ra counts <<<"$(python3 tests/support/counts.py ${filter:+--filtered} "$status" "$report")"
  if [ -n "$filter" ] && [ "${counts[*]}" = "0 0 0" ]; then
    say "$name: no test matches"
    return
  fi
  # A pass is short, a failure tells everything.
  if [ "${counts[1]}" = 0 ]; then tail -n 3 "$logs/$name.log"; else cat "$logs/$name.log"; fi
  grep -E '^(skipped|SKIPPED):? |\.\.\. skipped|\*\*\*Skipped' "$logs/$name.log" || true
  add "$name" "${counts[@]}"
}

skip() {  # skip SUITE REASON
  say "$1 skipped: $2"
  add "$1" 0 0 1
}

finish() {
  printf '\n'
  if [ -n "$filter" ]; then
    printf 'tests: %d of those that match %s ran\n' $((passed + failed)) "$filter"
    # Silence is no pass: a misspelt name must not look like one.
    [ $((passed + failed + skipped)) != 0 ] || { say "no test matches"; failed=1; }
  fi
  [ ${#table[@]} = 0 ] || printf '%s\n' "${table[@]}"
  printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  [ "$failed" = 0 ]
}

build_all() {
  if [ "$install" = yes ]; then
    . deploy/packages.sh
    packages_install build page test || return
  fi
  if wanted cpp || wanted python || wanted chaos || wanted browser; then
    cmake --preset "$preset" >"$logs/configure.log" || { cat "$logs/configure.log"; return 1; }
    cmake --build --preset "$preset" ${targets:+--target ${targets//,/ }} || return
  fi
  if wanted page || wanted browser; then
    . deploy/page.sh
    page_build || return
  fi
}

matching() {  # those lines of the input that match
  grep -E -e "$filter" || true
}

run_tidy() { tests/tidy/run.sh ${filter:+--filter "$filter"}; }

tests_of() {  # tests_of TARGET: what ctest calls its tests, as a regex. A contract is a ctest for each database.
  case $1 in *_contract_test) echo "^${1%_test}_[A-Z]" ;; *) echo "^$1:" ;; esac
}

run_cpp() {
  rm -f "$logs/cpp.xml"
  local selection=(--no-tests=error) target
  if [ -n "$targets" ]; then
    for target in ${targets//,/ }; do
      # A target without tests would pass unseen among the others.
      ctest --test-dir "$build" -N -R "$(tests_of "$target")" | grep -q '^Total Tests: [1-9]' || { echo "no test is $target's"; return 1; }
    done
    selection+=(-R "$(for target in ${targets//,/ }; do tests_of "$target"; done | paste -sd'|')")
  fi
  [ -z "$filter" ] || selection=(--no-tests=ignore -R "$filter")
  ctest --test-dir "$build" --output-on-failure "${selection[@]}" --output-junit "$logs/cpp.xml" -j "$(nproc)"
}

run_python() {
  local file status=0
  while read -r file; do
    if [ -n "$filter" ]; then
      python3 -B tests/support/matching_tests.py "$filter" "$file" || status=1
      continue
    fi
    echo "$file"
    (cd "$(dirname "$file")" && python3 -B -m unittest -v "$(basename "$file" .py)") || status=1
  done < <(find tests -name node_modules -prune -o -name 'test_*.py' -print | sort)
  return $status
}

run_fuzz() {
  local targets=()
  if [ -n "$filter" ]; then
    mapfile -t targets < <(tests/fuzz/run.sh --list | matching)
    [ ${#targets[@]} != 0 ] || return 0
  fi
  tests/fuzz/run.sh --seconds 20 "${targets[@]}"
}

run_chaos() {
  local kinds=all rounds=10
  if [ -n "$filter" ]; then
    kinds=$(tests/chaos/run.py --list | matching | paste -sd,)
    [ -n "$kinds" ] || return 0
    rounds=3
  fi
  tests/chaos/run.py --rounds $rounds --faults "$kinds" --output "$logs/chaos"
}

run_page() (
  . deploy/node.sh && node_use && cd services/dashboard-gateway/web || return
  if [ -n "$filter" ]; then
    npm test --silent -- --testNamePattern "$filter"
  else
    npm run --silent --if-present check && npm test --silent
  fi
)

browser_cases() { grep -hzoP "\btest\(\s*(['\"\`])\K.*?(?=\1)" tests/browser/*.test.js | tr '\0' '\n'; }

run_browser() (
  # Starting the services for no case would take a minute.
  [ -z "$filter" ] || [ -n "$(browser_cases | matching)" ] || return 0
  . deploy/node.sh && node_use && cd tests/browser && npm ci --loglevel=error || return
  npm test --silent ${filter:+-- --test-name-pattern="$filter"}
)

run_compose() { tests/compose/run.sh ${filter:+--filter "$filter"}; }

has_npm_test() { [ -f "$1/package.json" ] && grep -q '"test":' "$1/package.json"; }

export RISK_BIN_DIR=$build/bin RISK_ROOT=$root WEB_ROOT=$root/services/dashboard-gateway/web/dist
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 ASAN_OPTIONS=detect_leaks=1 TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
[ ! -f tests/support/tsan.supp ] || TSAN_OPTIONS+=:suppressions=$root/tests/support/tsan.supp

if ! build_all; then
  say "the build failed"
  add build 0 1 0
  finish
  exit 1
fi

! wanted tidy || suite tidy - run_tidy
! wanted cpp || suite cpp "$logs/cpp.xml" run_cpp
! wanted python || suite python - run_python
! wanted fuzz || suite fuzz - run_fuzz
! wanted chaos || suite chaos - run_chaos
if wanted page && has_npm_test services/dashboard-gateway/web; then suite page - run_page; fi
if wanted browser && has_npm_test tests/browser; then suite browser - run_browser; fi
if [[ ",$only," == *,compose,* ]]; then compose=yes; fi
if wanted compose && [ -x tests/compose/run.sh ]; then
  if [ -n "$filter" ] && [ -z "$(tests/compose/run.sh --list | matching)" ]; then
    say "compose: no test matches"
  elif [ "$compose" = auto ] && [ "${CI:-}" != true ]; then
    skip compose "it takes minutes; ask for it with --compose"
  elif [ "$compose" = auto ] && ! docker info >/dev/null 2>&1; then
    skip compose "no Docker engine answers"
  else
    suite compose - run_compose
  fi
fi
finish

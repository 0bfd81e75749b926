#!/usr/bin/env bash
# Installs what is missing, builds, and runs the four services on an embedded SQLite store until
# Ctrl+C; the dashboard is at http://localhost:8501.
#
# Usage: deploy/run.sh [--data-dir DIR] [--no-install] [--no-build] [SIMULATOR OPTION...]
#   --data-dir DIR   where the store, the journal and the notifier's state live (default: var in the repository)
#   --no-install     do not look for missing Debian packages
#   --no-build       run what is built
#   anything else goes to the simulator: deploy/run.sh --rate 50 --seed 7
#
# Every setting of the services works as an environment variable or in a .env file: .env.example.
set -euo pipefail

# A script that starts this one with & leaves it deaf to SIGINT, which bash cannot mend from within.
if [ "$(trap -p INT)" = "trap -- '' SIGINT" ]; then
  exec env --default-signal=INT "$BASH" "$0" "$@"
fi

caller=$PWD
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
bin=$root/build/release/bin
# In the order that transactions flow: stopped this way, each hands on what it still has.
services=(simulator risk-engine alert-notifier dashboard-gateway)
stop_seconds_max=15

data_dir=$root/var install=yes build=yes simulator_options=()
while [ $# -gt 0 ]; do
  case $1 in
    --data-dir) [ $# -ge 2 ] || { echo "run: --data-dir needs a folder" >&2; exit 2; }; data_dir=$(cd "$caller" && realpath -m "$2"); shift ;;
    --no-install) install=no ;;
    --no-build) build=no ;;
    -h | --help) sed -n '2,/^set -/s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) simulator_options+=("$1") ;;
  esac
  shift
done

say() { printf '%s\n' "run: $*"; }

prepare() {
  if [ "$install" = yes ]; then
    . deploy/packages.sh
    packages_install build page
  fi
  if [ "$build" = yes ]; then
    . deploy/page.sh
    page_build
    [ -f build/release/build.ninja ] || cmake --preset release >/dev/null
    cmake --build --preset release
  fi
  mkdir -p "$data_dir"
}

setting() {  # setting NAME: its value in the environment or in .env, nothing when in neither
  if [ -n "${!1:-}" ]; then
    printf '%s\n' "${!1}"
  elif [ -f .env ] && [ -r .env ]; then  # no pipe: it would be waited for
    sed -nE "s/^[[:space:]]*(export[[:space:]]+)?$1[[:space:]]*=[[:space:]]*//p" .env | tail -n 1 | sed -E "s/[[:space:]]*$//; s/^([\"'])(.*)\1\$/\2/"
  fi
}

default() {  # default NAME VALUE: for what the user has set nowhere; the services read .env themselves
  [ -n "$(setting "$1")" ] || export "$1=$2"
}

declare -A pids prefixes

start() {  # start SERVICE OPTION...
  local name=$1 colour='' plain='' log; shift
  if [ -t 1 ]; then
    colour=$'\e['$((31 + ${#pids[@]}))m plain=$'\e[0m'
  fi
  # The prefixer outlives the signals that end the services, so that their last words are seen.
  exec {log}> >(trap '' INT TERM HUP; exec sed -u "s/^/$colour$(printf '%-17s' "$name")|$plain /")
  prefixes[$name]=$!
  # A session of its own keeps Ctrl+C from reaching a service before its turn; if this script is
  # killed the hard way, the services are told to stop.
  setsid setpriv --pdeathsig TERM "$bin/$name" "$@" >&"$log" 2>&1 </dev/null &
  pids[$name]=$!
  exec {log}>&-
}

check_alive() {  # returns 1, having said so, when a service has died
  local name status
  for name in "${!pids[@]}"; do
    kill -0 "${pids[$name]}" 2>/dev/null && continue
    status=0; wait "${pids[$name]}" 2>/dev/null || status=$?
    unset "pids[$name]"
    if [ "$name" = simulator ] && [ $status = 0 ]; then
      say "the simulator has sent all it was asked to; the others go on"
      continue
    fi
    say "$name died with exit status $status; stopping the others"
    return 1
  done
}

await_url() {  # await_url URL: polls until it answers with success; 1 when a service died meanwhile
  until curl -fsS --max-time 1 -o "/dev/null" "$1" 2>/dev/null; do
    [ -z "$stopping" ] && check_alive || return 1
    sleep 0.1
  done
  check_alive  # or is it another process that answered?
}

stop() {  # stop SERVICE
  local name=$1 pid=${pids[$1]:-} status=0 deadline=$((SECONDS + stop_seconds_max))
  [ -n "$pid" ] || return 0
  kill -TERM "$pid" 2>/dev/null || true
  while kill -0 "$pid" 2>/dev/null && [ $SECONDS -lt $deadline ]; do sleep 0.05; done
  if kill -0 "$pid" 2>/dev/null; then
    say "$name did not stop within $stop_seconds_max s; killing it"
    kill -KILL "$pid"
  fi
  while kill -0 "$pid" 2>/dev/null; do wait "$pid" 2>/dev/null || true; done
  wait "$pid" 2>/dev/null || status=$?
  unset "pids[$name]"
  [ $status = 0 ] || [ $status = 143 ] && return  # 143: told to stop before it listened for that
  say "$name ended with exit status $status"
  return 1
}

stopping=

run() {
  local page_port
  page_port=$(setting DASHBOARD_PORT)
  [ -n "$page_port" ] || page_port=$(setting STREAMLIT_SERVER_PORT)

  # The engine first, for it makes the store; the simulator last, when everyone listens.
  start risk-engine
  await_url "http://127.0.0.1:9102/healthz" || return
  start alert-notifier
  start dashboard-gateway
  start simulator "${simulator_options[@]}"
  await_url "http://127.0.0.1:${page_port:-8501}/readyz" || return
  say "the dashboard is at http://localhost:${page_port:-8501} (Ctrl+C stops everything)"
  while [ -z "$stopping" ] && check_alive; do sleep 0.2; done
}

prepare
default DB_TYPE sqlite
default SQLITE_DB_PATH "$data_dir/risk_alert.db"
default SIMULATOR_JOURNAL "$data_dir/simulator-journal"
default NOTIFIER_STATE_PATH "$data_dir/alert-notifier.state"
default WEB_ROOT "$root/services/dashboard-gateway/web/dist"

status=0
trap 'stopping=yes' INT TERM HUP
run || true
[ -n "$stopping" ] || status=1
[ -z "$stopping" ] || say "stopping"
for name in "${services[@]}"; do stop "$name" || status=1; done
wait "${prefixes[@]}" 2>/dev/null || true
exit $status

#!/usr/bin/env bash
# Installs what is missing, builds, and runs the services on an embedded SQLite store until
# Ctrl+C; the dashboard is at http://localhost:8501. A service that ends is started again, at first
# after 100 ms and then ever later, up to a minute; one that ends with an error before the page has
# been up ends all.
#
# Usage: deploy/run.sh [--data-dir DIR] [--no-install] [--no-build] [SIMULATOR OPTION...]
#   --data-dir DIR   where the store, the journal and the notifier's state live (default: var in the repository)
#   --no-install     do not look for missing Debian packages
#   --no-build       run what is built
#   anything else goes to the simulator: deploy/run.sh --rate 50 --seed 7
#
# Every setting of the services works as an environment variable or in a .env file: .env.example.
# Each health port is the one in SIMULATOR_HEALTH_URL, DROP_COPY_HEALTH_URL, ENGINE_HEALTH_URL and NOTIFIER_HEALTH_URL.
# drop-copy runs only where DROP_COPY_CONFIG_FILE names a file with its sessions: without brokers it has nothing to do.
# RISK_BIN_DIR: where the executables are, with --no-build.
set -euo pipefail

# A script that starts this one with & leaves it deaf to SIGINT, which bash cannot mend from within.
if [ "$(trap -p INT)" = "trap -- '' SIGINT" ]; then
  exec env --default-signal=INT "$BASH" "$0" "$@"
fi

caller=$PWD
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
bin=${RISK_BIN_DIR:-$root/build/release/bin}
# In the order that transactions flow: stopped this way, each hands on what it still has.
services=(simulator drop-copy risk-engine alert-notifier dashboard-gateway)
stop_seconds_max=15
# As docker compose restarts: the pause doubles until a service has run for a while.
pause_ms_min=100 pause_ms_max=60000 settled_ms=10000

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

health_port() {  # health_port SERVICE: where it serves its health, and the gateway asks for it; nothing: the gateway
  local url default
  case $1 in
    simulator) url=$(setting SIMULATOR_HEALTH_URL) default=9101 ;;
    drop-copy) url=$(setting DROP_COPY_HEALTH_URL) default=9104 ;;
    risk-engine) url=$(setting ENGINE_HEALTH_URL) default=9102 ;;
    alert-notifier) url=$(setting NOTIFIER_HEALTH_URL) default=9103 ;;
    *) return ;;
  esac
  [[ $url =~ ^http://[^/,]*:([0-9]+)(/|$) ]] && printf '%s\n' "${BASH_REMATCH[1]}" || printf '%s\n' "$default"
}

now_ms() { printf '%s\n' "$((${EPOCHREALTIME/[.,]/} / 1000))"; }

# By service. due: when to start it again; pauses: before the last such start.
declare -A pids prefixes began due pauses

replays() {  # whether the simulator was asked to replay a file
  [[ " ${simulator_options[*]}" == *" --replay"[\ =]* ]] || [ -n "$(setting SIMULATOR_REPLAY)" ]
}

start() {  # start SERVICE
  local name=$1 colour='' plain='' log port i options=()
  for i in "${!services[@]}"; do
    if [ -t 1 ] && [ "${services[$i]}" = "$name" ]; then colour=$'\e['$((31 + i))m plain=$'\e[0m'; fi
  done
  [ "$name" != simulator ] || options=("${simulator_options[@]}")
  [ "$name" != drop-copy ] || options=(--config "$(setting DROP_COPY_CONFIG_FILE)")
  # A replay that is started again goes on where its journal ends: from its beginning everything would count twice.
  if [ "$name" = simulator ] && [ -n "${began[simulator]:-}" ] && replays && [[ " ${options[*]} " != *" --resume "* ]]; then
    options+=(--resume)
  fi
  port=$(health_port "$name")
  # The prefixer outlives the signals that end the services, so that their last words are seen.
  exec {log}> >(trap '' INT TERM HUP; exec sed -u "s/^/$colour$(printf '%-17s' "$name")|$plain /")
  prefixes[$name]=$!
  # A session of its own keeps Ctrl+C from reaching a service before its turn; if this script is
  # killed the hard way, the services are told to stop.
  setsid setpriv --pdeathsig TERM env ${port:+HEALTH_PORT=$port} "$bin/$name" "${options[@]}" >&"$log" 2>&1 </dev/null &
  pids[$name]=$!
  began[$name]=$(now_ms)
  unset "due[$name]"
  exec {log}>&-
}

ended_how() {  # ended_how STATUS: "with exit status 1", "by SIGKILL"
  if [ "$1" -gt 128 ] && kill -l "$1" >/dev/null 2>&1; then printf 'by SIG%s' "$(kill -l "$1")"; else printf 'with exit status %s' "$1"; fi
}

note_end() {  # note_end SERVICE STATUS: plans its next start; 1: there is to be none, nor of the others
  local name=$1 status=$2 how pause now; how=$(ended_how "$2") now=$(now_ms)
  if [ "$name" = simulator ] && [ "$status" = 0 ]; then
    say "the simulator has sent all it was asked to; the others go on"
    return
  fi
  # What is wrong from the start, such as a setting or a port that is taken, does not mend itself.
  if [ -z "$was_up" ] && [ "$status" -gt 0 ] && [ "$status" -le 128 ]; then
    say "$name ended $how before everything ran: what it said last is why; stopping the others"
    return 1
  fi
  pause=$((${pauses[$name]:-0} * 2))
  if [ "$pause" = 0 ] || [ $((now - began[$name])) -ge $settled_ms ]; then pause=$pause_ms_min; fi
  [ $pause -le $pause_ms_max ] || pause=$pause_ms_max
  pauses[$name]=$pause due[$name]=$((now + pause))
  say "$name ended $how; starting it again in $((pause / 1000)).$((pause % 1000 / 100)) s"
}

look_after() {  # notes who has ended and starts who is due; 1: all is over
  local name status
  for name in "${!pids[@]}"; do
    kill -0 "${pids[$name]}" 2>/dev/null && continue
    status=0; wait "${pids[$name]}" 2>/dev/null || status=$?
    unset "pids[$name]"
    note_end "$name" "$status" || return 1
  done
  for name in "${!due[@]}"; do
    [ "$(now_ms)" -lt "${due[$name]}" ] || start "$name"
  done
}

await_url() {  # await_url URL: polls until it answers with success; 1 when all is over meanwhile
  until curl -fsS --max-time 1 -o "/dev/null" "$1" 2>/dev/null; do
    [ -z "$stopping" ] && look_after || return 1
    sleep 0.1
  done
  look_after  # or is it another process that answered?
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
  say "$name ended $(ended_how $status)"
  return 1
}

stopping='' was_up=''

run() {
  local page_port
  page_port=$(setting DASHBOARD_PORT)
  [ -n "$page_port" ] || page_port=$(setting STREAMLIT_SERVER_PORT)

  # The engine first, for it makes the store; the simulator last, when everyone listens.
  start risk-engine
  await_url "http://127.0.0.1:$(health_port risk-engine)/healthz" || return
  start alert-notifier
  start dashboard-gateway
  [ -z "$(setting DROP_COPY_CONFIG_FILE)" ] || start drop-copy
  start simulator
  await_url "http://127.0.0.1:${page_port:-8501}/readyz" || return
  say "the dashboard is at http://localhost:${page_port:-8501} (Ctrl+C stops everything)"
  was_up=yes
  while [ -z "$stopping" ] && look_after; do sleep 0.1; done
}

prepare
default DB_TYPE sqlite
default SQLITE_DB_PATH "$data_dir/risk_alert.db"
default SIMULATOR_JOURNAL "$data_dir/simulator-journal"
default DROP_COPY_JOURNAL "$data_dir/drop-copy-journal"
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

#!/usr/bin/env bash
# From a clean clone to a live page on PostgreSQL: builds the images, starts the mesh with docker
# compose under a project name and port of its own, judges it from outside, and takes it away again.
# Needs a Docker engine with the Compose plugin; takes minutes.
#
# Usage: tests/compose/run.sh [--filter REGEX]    the checks whose name matches, after the mesh came up
#        tests/compose/run.sh --list              prints the checks, one a line
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=''
project=risk-test-$$
healthy_seconds_max=120
passed=0 failed=0 filter='' list=no
while [ $# -gt 0 ]; do
  case $1 in
    --filter) [ $# -ge 2 ] || { echo "compose: --filter needs a value" >&2; exit 2; }; filter=$2; shift ;;
    --list) list=yes ;;
    *) echo "compose: unknown option $1" >&2; exit 2 ;;
  esac
  shift
done

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
page=http://127.0.0.1:$port
export DASHBOARD_PORT_PUBLISHED=$port

compose() { (cd "$work/clone" && docker compose -p "$project" "$@" </dev/null); }

cleanup() {
  compose down -v --rmi local --timeout 10 >/dev/null 2>&1 || true
  rm -rf "$work"
}

check() {  # check NAME COMMAND...
  local name=$1; shift
  if [ $list = yes ]; then echo "$name"; return; fi
  [[ $name =~ $filter ]] || [ "$1" = up ] || return 0  # every check needs the mesh that `up` brings
  if "$@" >"$work/output" 2>&1; then
    echo "ok: $name"
    passed=$((passed + 1))
  else
    echo "FAILED: $name"
    sed 's/^/  /' "$work/output" | tail -n 40
    failed=$((failed + 1))
  fi
}

finish() {
  echo "$passed passed, $failed failed, 0 skipped"
  [ $failed = 0 ]
}

eventually() {  # eventually SECONDS COMMAND...: until it succeeds
  local deadline=$((SECONDS + $1)); shift
  until "$@"; do
    [ $SECONDS -lt $deadline ] || return 1
    sleep 0.5
  done
}

sql() { compose exec -T postgres psql -U postgres -d risk_alert -Atc "$1"; }

as_reader() {  # with its own password over TCP, and without the session's read-only default to hide behind
  compose exec -T postgres bash -c 'PGPASSWORD=$(cat /run/passwords/risk_reader/password) psql -v ON_ERROR_STOP=1 -h 127.0.0.1 -U risk_reader -d risk_alert -Atc "SET default_transaction_read_only = off" -c "$1"' - "$1"
}

all_healthy() {  # every container that is to run does, and says that it is alive
  compose ps -a --format '{{.Service}} {{.State}} {{.Health}} {{.ExitCode}}' | tee "$work/states" | awk '
    $1 == "passwords" {good = ($2 == "exited" && $NF == "0")}
    $1 != "passwords" {good = ($2 == "running" && $3 == "healthy")}
    {count++} !good {bad = 1} END {exit bad || count < 6}'
}

await_healthy() {
  eventually $healthy_seconds_max all_healthy && return
  cat "$work/states"
  compose logs --tail 15
  return 1
}

up() { compose up -d --build --quiet-pull && await_healthy; }

committed() { sql "SELECT coalesce(sum(sequence), 0) FROM stream_cursors"; }

flows() {  # transactions are being committed
  local before; before=$(committed)
  eventually 30 moved_past "$before"
}

moved_past() { [ "$(committed)" -gt "$1" ]; }

page_is_live() {
  curl -fsS "$page/" | grep -qi '<html' && eventually 30 curl -fsS -o "$work/ready" "$page/readyz" &&
    curl -fsS "$page/api/v1/summary" | python3 -m json.tool && eventually 30 shows_transactions
}

shows_transactions() { curl -fsS "$page/api/v1/transactions?limit=1" | grep -q '"transaction_id"'; }

assets_load() {  # the page's scripts, as a browser would ask for them
  local asset
  for asset in $(curl -fsS "$page/" | grep -oE '(src|href)="[^"]+\.(js|css)"' | cut -d'"' -f2); do
    curl -fsS -o /dev/null "$page/${asset#/}" || { echo "$asset"; return 1; }
  done
}

only_dashboard_published() {
  local published
  published=$(docker ps --filter "label=com.docker.compose.project=$project" --format '{{.Label "com.docker.compose.service"}} {{.Ports}}' | grep -- '->' | cut -d' ' -f1 | sort -u)
  [ "$published" = dashboard-gateway ] || { echo "published: $published"; return 1; }
}

page_on_loopback_alone() {
  local address
  for address in $(hostname -I); do
    case $address in *:*) address="[$address]" ;; esac
    ! curl -sS -o "$work/page" --max-time 3 "http://$address:$port/" || { echo "the page is at $address"; return 1; }
  done
}

logs_read_well() {  # one line an event in the promised form, and no errors in quiet times
  local service
  for service in simulator risk-engine alert-notifier dashboard-gateway; do
    compose logs --no-log-prefix --no-color "$service" | tr -d '\r' | sed 's/\x1b\[[0-9;]*[A-Za-z]//g' >"$work/log"
    [ -s "$work/log" ] || { echo "$service logged nothing"; return 1; }
    if grep -vE '^time=[^ ]+ level=(debug|info|warning) service=[a-z-]+ msg=' "$work/log"; then
      echo "in the log of $service"
      return 1
    fi
  done
}

comes_back() {  # comes_back SERVICE
  compose restart "$1" && await_healthy && flows
}

reader_cannot_write() {
  local table statement
  as_reader "SELECT count(*) FROM transactions" || return 1
  for table in $(sql "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"); do
    for statement in "DELETE FROM $table" "TRUNCATE $table" "INSERT INTO $table DEFAULT VALUES" "DROP TABLE $table"; do
      as_reader "$statement" >"$work/denied" 2>&1 && { echo "risk_reader could: $statement"; return 1; }
      grep -qE 'permission denied|must be owner' "$work/denied" || { cat "$work/denied"; return 1; }
    done
  done
  ! as_reader "CREATE TABLE mine (i INT)"
}

gateway_has_no_writers_password() { ! compose exec -T dashboard-gateway test -e /run/passwords/risk_engine; }

engines() { docker ps -q --filter "label=com.docker.compose.project=$project" --filter label=com.docker.compose.service=risk-engine; }

engine_status() {  # engine_status CONTAINER PATH: of its health port
  docker exec "$1" curl -sS -o /dev/null -w '%{http_code}' --max-time 3 "http://127.0.0.1:9102$2"
}

engine_that_is() {  # engine_that_is STATUS: the containers whose /readyz says so, all being alive
  local container
  for container in $(engines); do
    [ "$(engine_status "$container" /healthz)" = 200 ] || return 1
    [ "$(engine_status "$container" /readyz)" != "$1" ] || echo "$container"
  done
}

one_leads_one_waits() { [ "$(engine_that_is 200 | wc -l) $(engine_that_is 503 | wc -l)" = "1 1" ]; }

page_shows_standby() {
  curl -fsS "$page/api/v1/system" | python3 -c '
import json, sys
engine = next(service for service in json.load(sys.stdin)["services"] if service["name"] == "risk-engine")
print(engine)
sys.exit(not (engine["up"] and engine["ready"] and "standby" in (engine["detail"] or "")))'
}

commands_reach_the_leader() {  # each is answered: by the engine that there is no such alert
  local status
  for _ in 1 2 3 4 5; do
    status=$(curl -sS -o "$work/reply" -w '%{http_code}' -X POST -H 'Content-Type: application/json' -d '{"user":"test"}' \
      "$page/api/v1/alerts/999999999/ack")
    [ "$status" = 404 ] || { cat "$work/reply"; return 1; }
  done
}

two_engines() {
  compose up -d --no-recreate --scale risk-engine=2 && eventually 60 all_healthy && eventually 60 one_leads_one_waits &&
    eventually 30 page_shows_standby && commands_reach_the_leader && flows
}

standby_takes_over() {
  local leader standby
  one_leads_one_waits || two_engines || return 1
  leader=$(engine_that_is 200) standby=$(engine_that_is 503)
  docker kill "$leader" && eventually 30 is_ready "$standby" && flows && eventually 30 page_is_live && eventually 30 commands_reach_the_leader || return 1
  docker start "$leader" && eventually 60 all_healthy && eventually 60 one_leads_one_waits && eventually 30 page_shows_standby && commands_reach_the_leader
}

is_ready() { [ "$(engine_status "$1" /readyz)" = 200 ]; }

three_streams() {
  compose up -d --no-recreate --scale simulator=3 && eventually 60 three_move
}

three_move() { [ "$(sql "SELECT count(*) FROM stream_cursors WHERE name LIKE 'simulator@%' AND updated_at > now() - interval '5 seconds'")" = 3 ]; }

broker_fills() { sql "SELECT count(*) FROM transactions WHERE broker_id = 'prime'"; }

broker_flows() { local before; before=$(broker_fills) && eventually 30 broker_has_more_than "$before"; }

broker_has_more_than() { [ "$(broker_fills)" -gt "$1" ]; }

page_shows_session() {
  curl -fsS "$page/api/v1/system" | python3 -c '
import json, sys
sessions = {session["session"]: session["logged_on"] for session in json.load(sys.stdin)["fix_sessions"]}
print(sessions)
sys.exit(sessions != {"prime": True, "custodian": False})'
}

fix_profile() {  # a broker's executions, and on after a kill of drop-copy; then both are gone again
  compose --profile fix up -d --build drop-copy fix-counterparty && eventually 60 broker_flows && eventually 30 page_shows_session || return 1
  compose --profile fix kill drop-copy && compose --profile fix up -d drop-copy fix-counterparty && broker_flows || return 1
  [ "$(sql "SELECT sum(duplicates + missing) FROM stream_cursors WHERE name LIKE 'drop-copy@%'")" = 0 ] || return 1
  compose --profile fix rm -sf fix-counterparty drop-copy
}

riskctl_answers() { compose exec -T risk-engine riskctl summary; }

stops_in_order() {  # within the grace period, each with status 0
  compose stop
  local codes
  codes=$(docker ps -a --filter "label=com.docker.compose.project=$project" --format '{{.Label "com.docker.compose.service"}} {{.Status}}')
  echo "$codes"
  ! grep -v 'Exited (0)' <<<"$codes"
}

leaves_nothing() {
  compose down -v || return 1
  local left
  left=$(docker ps -aq --filter "label=com.docker.compose.project=$project"
    docker volume ls -q --filter "label=com.docker.compose.project=$project"
    docker network ls -q --filter "label=com.docker.compose.project=$project")
  [ -z "$left" ] || { echo "left: $left"; return 1; }
}

checks() {
  check "a clean clone comes up and is healthy" up
  [ $failed = 0 ] || return 0
  check "the page and its interface are live" page_is_live
  check "the page's files load" assets_load
  check "only the dashboard's port is published" only_dashboard_published
  check "riskctl answers inside the engine's container" riskctl_answers
  check "logs read well" logs_read_well
  check "the gateway's role cannot write" reader_cannot_write
  check "the gateway does not hold the engine's password" gateway_has_no_writers_password
  for service in simulator risk-engine alert-notifier dashboard-gateway postgres; do
    check "$service comes back after a restart" comes_back "$service"
  done
  check "the page is on no other address than loopback" page_on_loopback_alone
  check "a second engine waits as standby, alive, and the page says so" two_engines
  check "the standby takes over from an engine that is killed" standby_takes_over
  check "three simulators are three streams" three_streams
  check "profile fix: a broker's executions come over FIX, also after a kill" fix_profile
  check "all stop in order with status 0" stops_in_order
  check "down -v leaves nothing" leaves_nothing
}

if [ $list = yes ]; then checks; exit; fi
docker compose version >/dev/null || { echo "compose: no Docker engine with the Compose plugin" >&2; exit 1; }
work=$(mktemp -d)
trap cleanup EXIT
git clone -q "$root" "$work/clone"

checks
finish

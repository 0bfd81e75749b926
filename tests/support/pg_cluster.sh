#!/usr/bin/env bash
# A PostgreSQL cluster of a test's own, on a unix socket and a free TCP port of 127.0.0.1.
#
#   tests/support/pg_cluster.sh start DIR   makes it in DIR (new or empty), starts it, and prints its
#                                           settings as NAME=value lines, made for eval or env
#   tests/support/pg_cluster.sh crash DIR   ends it as a crash would (-m immediate) and keeps its data
#   tests/support/pg_cluster.sh revive DIR  starts it again after a crash, on the same port
#   tests/support/pg_cluster.sh stop DIR    stops it and removes DIR
#
# Printed: TEST_POSTGRES_HOST, _PORT, _USER (a superuser), _PASSWORD, _DB, _SOCKET (the socket's folder).
# PG_CLUSTER_FSYNC=on makes commits durable, as benchmarks need; it is off for speed.
# PostgreSQL refuses to run as root: for root it runs as the user postgres.
set -euo pipefail

as_owner() {  # runs as a user that PostgreSQL accepts
  if [ "$(id -u)" = 0 ]; then
    setpriv --reuid=postgres --regid=postgres --init-groups -- env HOME="$dir" "$@"
  else
    "$@"
  fi
}

start() {
  local bin port password
  bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -t/ -k5 -V | tail -n 1)
  [ -x "$bin/initdb" ] || { echo "pg_cluster: no PostgreSQL server in /usr/lib/postgresql (package postgresql)" >&2; exit 1; }
  mkdir -p "$dir"
  if [ "$(id -u)" = 0 ]; then
    chown postgres: "$dir"
    as_owner test -x "$dir" || { echo "pg_cluster: the user postgres cannot reach $dir" >&2; exit 1; }
  fi
  password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  printf '%s\n' "$password" >"$dir/password"
  chmod 644 "$dir/password"
  (cd "$dir" && as_owner "$bin/initdb" -D "$dir/data" -U postgres --pwfile="$dir/password" --auth-local=trust --auth-host=scram-sha-256 \
    -E UTF8 --locale=C.UTF-8 --no-sync) >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; exit 1; }
  printf '%s\n' "$bin" >"$dir/bin"

  for _ in 1 2 3 4 5; do  # another process may take the port between the question and the start
    port=$(free_port)
    printf '%s\n' "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories='$dir' -c fsync=${PG_CLUSTER_FSYNC:-off} -c max_connections=200" >"$dir/options"
    if control -w start -o "$(cat "$dir/options")"; then
      printf 'TEST_POSTGRES_%s\n' HOST=127.0.0.1 "PORT=$port" USER=postgres "PASSWORD=$password" DB=postgres "SOCKET=$dir"
      return
    fi
  done
  cat "$dir/server.log" >&2
  exit 1
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

control() {  # pg_ctl on the cluster
  (cd "$dir" && as_owner "$(cat "$dir/bin")/pg_ctl" -D "$dir/data" -l "$dir/server.log" -s "$@") >&2
}

crash() { control -m immediate -w stop; }

revive() { control -w start -o "$(cat "$dir/options")"; }

stop() {
  crash || true
  rm -rf "$dir"
}

must_exist() {
  [ -f "$dir/bin" ] || { echo "pg_cluster: no cluster in $dir" >&2; exit 1; }
}

command=${1:-} dir=$(realpath -m "${2:-.}")
case $command:$# in
  start:2) start ;;
  crash:2 | revive:2 | stop:2) must_exist; "$command" ;;
  *) sed -n '2,/^set -/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac

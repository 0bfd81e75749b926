#!/usr/bin/env bash
# A Node.js and npm new enough to build the page: the system's own where they are, else those that
# deploy/node/package-lock.json names, installed from the npm registry into build/node. Nothing is
# installed outside the tree.
#
#   . deploy/node.sh; node_use      puts them first on PATH
#   deploy/node.sh COMMAND...       runs COMMAND with them, e.g. deploy/node.sh npm ci

node_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# A Node.js from outside Debian trusts its own list of authorities; let it trust the system's too.
if [ -z "${NODE_EXTRA_CA_CERTS:-}" ] && [ -r /etc/ssl/certs/ca-certificates.crt ]; then
  export NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
fi
export npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false

node_is_recent() {  # what Vite 8 asks for: Node.js 20.19, 22.12 or later, and npm 11
  command -v node npm >/dev/null || return
  node -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22 ? 0 : 1);
  ' || return
  local npm_version; npm_version=$(npm --version 2>/dev/null) || return
  [ "${npm_version%%.*}" -ge 11 ]
}

node_use() {
  local local_bin=$node_root/build/node/node_modules/.bin
  if [ -x "$local_bin/node" ] && cmp -s "$node_root"/deploy/node/package-lock.json "$node_root"/build/node/package-lock.json; then
    PATH=$local_bin:$PATH
    return
  fi
  node_is_recent && return
  if ! command -v npm >/dev/null; then
    echo "node: neither Node.js nor npm is installed (deploy/packages.sh install page)" >&2
    return 1
  fi
  echo "node: the system's Node.js $(node --version), npm $(npm --version) are too old for the page; installing newer ones into build/node" >&2
  rm -rf "$node_root/build/node"
  mkdir -p "$node_root/build/node"
  cp "$node_root"/deploy/node/package.json "$node_root/build/node/"
  # The lock goes in under its name last, as the mark that the install is whole.
  cp "$node_root"/deploy/node/package-lock.json "$node_root/build/node/npm-shrinkwrap.json"
  (cd "$node_root/build/node" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >&2 || return
  (cd "$local_bin" && ln -sfn ../node-linux-*/bin/node node)  # npm 9 leaves this link out
  mv "$node_root/build/node/npm-shrinkwrap.json" "$node_root/build/node/package-lock.json"
  PATH=$local_bin:$PATH
  node_is_recent || { echo "node: build/node does not work on this machine ($(uname -m))" >&2; return 1; }
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  set -euo pipefail
  [ $# -gt 0 ] || { sed -n '2,/^$/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
  node_use
  exec "$@"
fi

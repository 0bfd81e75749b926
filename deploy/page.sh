#!/usr/bin/env bash
# Builds the dashboard's page, services/dashboard-gateway/web into its dist/, when its sources or the
# contract (api/openapi.json) changed since the last build; installs its packages when the lock file did.
#
#   . deploy/page.sh; page_build
#   deploy/page.sh

page_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$page_root/deploy/node.sh"

page_build() {
  local web=$page_root/services/dashboard-gateway/web stamps=$page_root/build/page lock sources
  lock=$(sha256sum <"$web/package-lock.json") || return
  sources=$(cd "$web" && find . ../api/openapi.json \( -name node_modules -o -name dist \) -prune -o -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum) || return
  mkdir -p "$stamps"

  if [ -f "$web/dist/index.html" ] && page_stamped dist "$sources"; then
    return
  fi
  node_use || return
  if [ ! -d "$web/node_modules" ] || ! page_stamped packages "$lock"; then
    echo "page: installing its packages" >&2
    (cd "$web" && npm ci --loglevel=error) >&2 || return
    printf '%s\n' "$lock" >"$stamps/packages"
  fi
  echo "page: building" >&2
  (cd "$web" && npm run --silent build) >&2 || return
  printf '%s\n' "$sources" >"$stamps/dist"
}

page_stamped() {  # page_stamped NAME VALUE: is VALUE what the last build of NAME was made from?
  [ "$(cat "$page_root/build/page/$1" 2>/dev/null)" = "$2" ]
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  set -euo pipefail
  page_build
fi

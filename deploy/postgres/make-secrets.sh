#!/usr/bin/env bash
# Runs once before the database: gives each role a password of its own, in a volume that only those
# who need it mount. A password that is there stays.
set -euo pipefail

for role in postgres risk_engine risk_reader; do
  file=/run/passwords/$role/password
  [ -s "$file" ] && continue
  od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$file.part"
  chmod 444 "$file.part"
  mv "$file.part" "$file"
  echo "made the password of $role"
done

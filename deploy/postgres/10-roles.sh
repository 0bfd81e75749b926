#!/usr/bin/env bash
# First start of the database: the roles and the database of sql/postgres/roles.sql.
set -euo pipefail

psql --quiet --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" -v ON_ERROR_STOP=1 <<'SQL'
\set database risk_alert
\set engine_password `cat /run/passwords/risk_engine/password`
\set reader_password `cat /run/passwords/risk_reader/password`
\i /roles.sql
SQL

#!/usr/bin/env bash
# First start of the database: risk_engine makes and writes the tables; risk_reader only reads, by
# the grants of the migrations.
set -euo pipefail

psql -v ON_ERROR_STOP=1 --quiet --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
\set engine_password `cat /run/passwords/risk_engine/password`
\set reader_password `cat /run/passwords/risk_reader/password`
CREATE ROLE risk_engine LOGIN PASSWORD :'engine_password';
CREATE ROLE risk_reader LOGIN PASSWORD :'reader_password';
ALTER ROLE risk_reader SET default_transaction_read_only = on;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO risk_engine;
REVOKE ALL ON DATABASE :DBNAME FROM PUBLIC;
GRANT CONNECT ON DATABASE :DBNAME TO risk_engine, risk_reader;
SQL

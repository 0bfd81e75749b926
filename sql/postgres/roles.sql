-- The roles and the database, for a server that was not set up by deploy/. As a superuser, as often as you like:
--   psql -v database=risk_alert -v engine_password=... -v reader_password=... -f sql/postgres/roles.sql
-- risk_engine owns the database and writes; risk_reader reads.
\set ON_ERROR_STOP on

SELECT format('CREATE ROLE %I LOGIN', role) FROM (VALUES ('risk_engine'), ('risk_reader')) AS wanted (role)
WHERE role NOT IN (SELECT rolname FROM pg_roles) \gexec
ALTER ROLE risk_engine PASSWORD :'engine_password';
ALTER ROLE risk_reader PASSWORD :'reader_password';

SELECT format('CREATE DATABASE %I OWNER risk_engine', :'database')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec

\connect :"database"
GRANT USAGE ON SCHEMA public TO risk_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO risk_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE risk_engine IN SCHEMA public GRANT SELECT ON TABLES TO risk_reader;

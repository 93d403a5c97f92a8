#!/bin/sh
# Makes the centre's role and database, once, when the database is empty: row-level security binds neither superusers
# nor BYPASSRLS, so the centre refuses to work as one of them.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$POSTGRES_PASSWORD" --username postgres <<'SQL'
CREATE ROLE otasuke LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD :'password';
CREATE DATABASE otasuke OWNER otasuke;
SQL

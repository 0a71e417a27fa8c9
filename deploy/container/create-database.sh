#!/bin/sh
# Run once by the image of PostgreSQL, as its superuser, when the data directory is created: what `holdfast
# setup-database` does. Holdfast itself is no superuser. REPLICATION is for its backups.
set -eu
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\getenv password HOLDFAST_DATABASE_PASSWORD
CREATE ROLE "holdfast" LOGIN CREATEROLE REPLICATION PASSWORD :'password';
CREATE ROLE holdfast_app NOLOGIN;
GRANT holdfast_app TO "holdfast" WITH ADMIN OPTION;
CREATE DATABASE "holdfast" OWNER "holdfast" ENCODING 'UTF8' TEMPLATE template0;
\connect "holdfast"
REVOKE EXECUTE ON FUNCTION pg_catalog.lo_creat(integer), pg_catalog.lo_create(oid), pg_catalog.lo_from_bytea(oid, bytea) FROM PUBLIC;
REVOKE CONNECT ON DATABASE "holdfast" FROM PUBLIC;
SQL

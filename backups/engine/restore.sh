#!/bin/sh
# Restores this backup without the application: sh restore.sh SCHEMA [MEDIA_FOLDER]
# Needs psql 17 or later, zstd and sha256sum. PGHOST, PGUSER, PGDATABASE… say where; SCHEMA must not exist there.
# The database needs the application's functions (tenants/sql/*.sql) in its schema public.
set -eu
cd "$(dirname "$0")"
schema="${1:?usage: sh restore.sh SCHEMA [MEDIA_FOLDER]}"
media="${2:-}"
case "$schema" in *[!a-z0-9_]* | [0-9]*) echo "SCHEMA: lower-case letters, digits and _ only" >&2; exit 2 ;; esac

echo "Checking..." >&2
sha256sum --quiet --check SHA256SUMS

{
    zstd -dcq "{pre}" | sed "s/@@S@@/$schema/g"
    echo "SET search_path = \"$schema\";"
    zstd -dcq {rows}
    echo "SET search_path = '';"
    zstd -dcq "{post}" | sed "s/@@S@@/$schema/g"
} | psql -X -q -v ON_ERROR_STOP=1 --single-transaction >/dev/null
echo "Schema $schema restored." >&2

if [ -n "$media" ]; then
    while IFS="$(printf '\t')" read -r sum path; do
        mkdir -p "$media/$(dirname "$path")"
        cp "{blobs}/$(printf %.2s "$sum")/$sum" "$media/$path"
    done <FILES
    echo "Files restored in $media." >&2
fi

#!/bin/sh
# Restores this backup without the application: sh restore.sh KEY SCHEMA [MEDIA_FOLDER]
# Needs psql 17 or later, age, zstd and sha256sum. KEY is the file of the client's key, which the keyring gives:
#   age -d -i kek.key clients/<number>.age > KEY
# PGHOST, PGUSER, PGDATABASE… say where; SCHEMA must not exist there. The database needs the application's functions
# (tenants/sql/*.sql) in its schema public.
set -eu
usage="usage: sh restore.sh KEY SCHEMA [MEDIA_FOLDER]"
key="$(readlink -f "${1:?$usage}")"
schema="${2:?$usage}"
media="${3:-}"
case "$media" in '' | /*) ;; *) media="$PWD/$media" ;; esac
case "$schema" in *[!a-z0-9_]* | [0-9]*) echo "SCHEMA: lower-case letters, digits and _ only" >&2; exit 2 ;; esac
cd "$(dirname "$0")"

echo "Checking..." >&2
sha256sum --quiet --check SHA256SUMS

# Opened before anything is restored: in a pipe, a wrong key would look like an empty backup.
umask 077
open="$(mktemp -d)"
trap 'rm -rf "$open"' EXIT
count=0
for part in {rows}; do
    count=$((count + 1))
    age -d -i "$key" "$part" >"$open/$count.zst"
done
age -d -i "$key" FILES.age >"$open/FILES"

{
    zstd -dcq "{pre}" | sed "s/@@S@@/$schema/g"
    echo "SET search_path = \"$schema\";"
    zstd -dcq "$open"/*.zst
    echo "SET search_path = '';"
    zstd -dcq "{post}" | sed "s/@@S@@/$schema/g"
} | psql -X -q -v ON_ERROR_STOP=1 --single-transaction >/dev/null
echo "Schema $schema restored." >&2

if [ -n "$media" ]; then
    while IFS="$(printf '\t')" read -r blob sum path; do
        mkdir -p "$media/$(dirname "$path")"
        age -d -i "$key" "{blobs}/$(printf %.2s "$blob")/$blob" >"$media/$path"
        echo "$sum  $media/$path" | sha256sum --quiet --check
    done <"$open/FILES"
    echo "Files restored in $media." >&2
fi

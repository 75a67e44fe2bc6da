#!/bin/sh
# A cluster out of backup.sh's copies: sh restore.sh FOLDER COPY DATA_DIRECTORY
# COPY is one of FOLDER (…-full or …-more): the copies from its full to it are put together (pg_combinebackup, which
# checks that they follow each other), and DATA_DIRECTORY, which must not exist, can then be started. It starts nothing.
set -eu
usage="usage: sh restore.sh FOLDER COPY DATA_DIRECTORY"
folder="${1:?$usage}"
copy="${2:?$usage}"
target="${3:?$usage}"
[ ! -e "$target" ] || { echo "$target exists already" >&2; exit 2; }
cd "$folder"
[ -f "$copy/backup_manifest" ] || { echo "$copy is not a complete copy" >&2; exit 2; }
full="$(ls -d [0-9]*-full | sort | awk -v copy="$copy" '$0 <= copy { found = $0 } END { print found }')"
[ -n "$full" ] || { echo "no full copy before $copy" >&2; exit 2; }
chain="$(ls -d [0-9]*-full [0-9]*-more 2>/dev/null | sort | awk -v full="$full" -v copy="$copy" '$0 >= full && $0 <= copy')"
umask 077
# shellcheck disable=SC2086 - the names are ours: digits, dashes and letters
pg_combinebackup --output="$target" $chain
echo "$target: start it with pg_ctl -D $target start, then: manage.py migrate, manage.py backup status" >&2

#!/bin/sh
# The whole cluster, for the disaster that takes every client at once: sh backup.sh FOLDER [RECIPIENT]
# A complete base backup each Sunday or when there is none, else what changed since the last one (PostgreSQL 17 and later,
# summarize_wal = on). Copies older than 14 days go, never the last chain. PGHOST, PGPORT, PGUSER say where; the role needs
# REPLICATION. RECIPIENT (age1…): each copy is then one closed file, which is what may leave the machine.
# Restore: restore.sh. Clients' own backups (manage.py backup) stay the first remedy: they are proven each day.
set -eu
folder="${1:?usage: sh backup.sh FOLDER [RECIPIENT]}"
recipient="${2:-}"
umask 077
mkdir -p "$folder"
cd "$folder"
today="$(date +%Y%m%d-%H%M%S)"
last="$(ls -d [0-9]*-full [0-9]*-more 2>/dev/null | sort | tail -n 1 || true)"

kind=more
if [ -z "$last" ] || [ ! -f "$last/backup_manifest" ] || [ "$(date +%u)" = 7 ] && [ "${last%%-*}" != "${today%%-*}" ]; then
    kind=full
fi
partial=".$today-$kind.partial"
rm -rf .*.partial
set -- --pgdata="$partial" --checkpoint=fast --wal-method=stream --no-password
if [ "$kind" = more ]; then
    # A server that restarted without summaries, or a promoted one, refuses: then all of it is taken.
    pg_basebackup "$@" --incremental="$last/backup_manifest" || { kind=full; rm -rf "$partial"; }
fi
[ "$kind" = more ] || pg_basebackup "$@"
test -f "$partial/backup_manifest"
mv "$partial" "$today-$kind"
if [ -n "$recipient" ]; then
    tar -cf - "$today-$kind" | zstd -q | age -r "$recipient" >".$today-$kind.tar.zst.age.partial"
    mv ".$today-$kind.tar.zst.age.partial" "$today-$kind.tar.zst.age"
fi
echo "$today-$kind"

# A chain (a full and what follows it) goes when a newer full exists and its last copy is older than 14 days.
newest="$(ls -d [0-9]*-full | sort | tail -n 1)"
limit="$(date -d '14 days ago' +%Y%m%d)"
for old in $(ls -d [0-9]*-full [0-9]*-more [0-9]*.tar.zst.age 2>/dev/null | sort); do
    [ "$old" \< "$newest" ] || continue
    following="$(ls -d [0-9]*-full | sort | awk -v old="$old" '$0 > old { print; exit }')"
    if [ -n "$following" ] && [ "${following%%-*}" \< "$limit" ]; then
        rm -rf "$old"
    fi
done

#!/bin/sh
# As root, on a machine of systemd units: deploy/manage.sh migrate, deploy/manage.sh client list, …
# The command runs as the services do: their user, their environment, their secrets.
set -eu
set -- /srv/myb2o/current/.venv/bin/python manage.py "$@"
for name in SECRET_KEY UNSUBSCRIBE_KEY DATABASE_URL REDIS_URL EMAIL_URL; do
    set -- -p "LoadCredential=$name:/etc/myb2o/secrets/$name" "$@"
done
exec systemd-run --quiet --pipe --wait --collect \
    -p User=myb2o -p WorkingDirectory=/srv/myb2o/current -p EnvironmentFile=/etc/myb2o/environment \
    -p Environment=DJANGO_SETTINGS_MODULE=config.settings.prod "$@"

"""Production, behind Caddy: all comes from the environment or from files, and what is missing stops the start."""

from config.operations.logs import logging_in_json
from config.settings.base import *
from config.settings.secrets import secret, setting

SECRET_KEY = secret("SECRET_KEY")
# Unsubscribe links never expire: a key that is replaced goes to UNSUBSCRIBE_KEYS_RETIRED, and stays there.
UNSUBSCRIBE_KEYS = [secret("UNSUBSCRIBE_KEY"), *env.list("UNSUBSCRIBE_KEYS_RETIRED", default=[])]
BASE_DOMAIN = env.str("BASE_DOMAIN", default="myb2o.net")
PORT = 443
ALLOWED_HOSTS = ["*"]  # the client of a host is looked up, and an unknown host gets a 404 (tenants.middleware)
DEMO = False

DATABASES = {"default": database(setting("DATABASE_URL"), pool_size=env.int("DATABASE_POOL", default=8))}
_REDIS_URL = setting("REDIS_URL")
CACHES = {"default": cache(_REDIS_URL)}
CELERY_BROKER_URL = _REDIS_URL
BACKUP_ROOT = Path(env.str("BACKUP_ROOT", default=str(DATA_DIR / "backups")))
if env.str("BACKUP_S3_BUCKET", default=""):
    BACKUP_S3 = {
        name: env.str(f"BACKUP_S3_{name.upper()}") for name in ("endpoint", "region", "bucket", "key", "secret")
    }
if env.str("BACKUP_DB_USER", default=""):
    BACKUP_READER = {"user": env.str("BACKUP_DB_USER"), "password": env.str("BACKUP_DB_PASSWORD")}
BACKUP_KEYRING = Path(env.str("BACKUP_KEYRING", default=str(DATA_DIR / "keyring")))
BACKUP_KEYRING_AUTO = False  # `manage.py backup keys`, once
# R10: where each server and each copy stands (config.operations.residency); judged by `check --deploy`.
HOSTING_REGISTER = Path(env.str("HOSTING_REGISTER", default="/etc/myb2o/hosting.toml"))

CERTIFICATE_PROBE = env.str("CERTIFICATE_PROBE", default="127.0.0.1:443")
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^(sante/|healthz|readyz|tls/ask)$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
ALLAUTH_TRUSTED_PROXY_COUNT = 1  # Caddy: without it all visitors would share one limit of sign-in attempts
SECURE_HSTS_SECONDS = 2 * 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
# The browser itself keeps a __Host- cookie to this very host, over HTTPS, for the whole of it.
SESSION_COOKIE_NAME = "__Host-b2o_session"
CSRF_COOKIE_NAME = "__Host-b2o_csrf"
DEVICE_COOKIE_NAME = "__Host-b2o_device"

LOGGING = logging_in_json(LOGGING)

vars().update(env.email_url_config(setting("EMAIL_URL")))

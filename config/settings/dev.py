"""This machine: the demo and development. Embedded servers unless DATABASE_URL and REDIS_URL say otherwise."""

from config import embedded
from config.settings.base import *
from config.settings.local import kept_secret

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or kept_secret(DATA_DIR / "secret-key")
UNSUBSCRIBE_KEYS = [kept_secret(DATA_DIR / "unsubscribe-key")]
BASE_DOMAIN = env.str("BASE_DOMAIN", default="localhost")
PORT = env.int("PORT", default=8000)
ALLOWED_HOSTS = [BASE_DOMAIN, f".{BASE_DOMAIN}", "127.0.0.1", "[::1]"]
DEMO = True

DATABASE_URL = env.str("DATABASE_URL", default="") or embedded.database_url(DATA_DIR)
REDIS_URL = env.str("REDIS_URL", default="")
DATABASES = {"default": database(DATABASE_URL)}
PG_BIN = embedded.pg_bin()  # pg_dump of 18 reads the older servers too
CACHES = {"default": cache(REDIS_URL or embedded.redis_url(DATA_DIR))}
CELERY_BROKER_URL = REDIS_URL or embedded.broker_url(DATA_DIR)

# Mails go to the demo's own server, which keeps them in DATA_DIR/mail, unless EMAIL_URL names another.
EMAIL_HOST = "127.0.0.1"
EMAIL_PORT = env.int("DEMO_SMTP_PORT", default=1025)
if env.str("EMAIL_URL", default=""):
    vars().update(env.email_url("EMAIL_URL"))

MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True  # http://….localhost, which browsers take for secure

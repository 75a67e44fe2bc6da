"""The tests: real PostgreSQL and Redis, embedded unless the environment names others; tasks run when called."""

import os

from config import embedded
from config.settings.base import *

DATA_DIR = embedded.test_data_dir()
SECRET_KEY = "tests-only-not-a-secret"  # noqa: S105 - signs nothing that leaves the tests
UNSUBSCRIBE_KEYS = ["tests-only-current", "tests-only-retired"]
BASE_DOMAIN = "localhost"
PORT = 80
ALLOWED_HOSTS = [".localhost", "localhost", "127.0.0.1"]
DEMO = False

DATABASES = {"default": database(env.str("DATABASE_URL", default="") or embedded.database_url(DATA_DIR), pool_size=50)}
PG_BIN = embedded.pg_bin()
# Two runs side by side share the servers, not the rows.
DATABASES["default"]["TEST"] = {"NAME": f"myb2o_test_{os.getpid()}"}
CACHES = {"default": cache(env.str("REDIS_URL", default="") or embedded.redis_url(DATA_DIR))}
CACHES["default"]["KEY_PREFIX"] = str(os.getpid())
CELERY_BROKER_URL = env.str("REDIS_URL", default="") or embedded.broker_url(DATA_DIR)
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True

MEDIA_ROOT = DATA_DIR / "media"
STATIC_ROOT = DATA_DIR / "static"  # not the one that a demo collects meanwhile
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
FLEET_TTL = 3600  # what a test changes it makes known itself, and no count of queries meets the end of it
FLEET_STAMP = DATA_DIR / "fleet-stamp"
BACKUP_ROOT = DATA_DIR / "backups"
BACKUP_KEYRING = DATA_DIR / "keyring"
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
if env.str("TEST_EMAIL_URL", default=""):  # a worker of the tests, in a process of its own
    vars().update(env.email_url("TEST_EMAIL_URL"))
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # speed; nothing real is hashed here
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
API_VISITOR_RATE = (10_000, 60)  # visitors of many tests come from one address
POLICY_TTL = 3600  # what a test publishes it makes known itself
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True  # http://….localhost

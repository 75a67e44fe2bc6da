"""What every place shares. A place's own module (dev, test, prod) imports all of it and sets the rest."""

from pathlib import Path

import environ
from celery.schedules import crontab
from django.utils.translation import gettext_lazy as _

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parents[2]
DATA_DIR = Path(env.str("DATA_DIR", default="") or BASE_DIR / ".data").resolve()

DEBUG = False
VERSION = "0.1.0"

# --- Applications -----------------------------------------------------------------------------------------------
# Accounts and sessions exist in every schema: the vendor's staff in public, a client's people in the client's own.
_EVERYWHERE = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "core.accounts",
]
SHARED_APPS = [
    "config",
    "tenants",  # first: its `migrate` replaces django-tenants'
    "django.contrib.admin.apps.SimpleAdminConfig",  # before django-tenants, whose templates of it have inline styles
    "django_tenants",
    *_EVERYWHERE,
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",  # its templates, so that ours may stand among them
    "django_filters",
    "template_partials",
    "backups",
    "policies",
    "vendor",
]
TENANT_APPS = [*_EVERYWHERE, "core", "interfaces", "crm"]
INSTALLED_APPS = [*SHARED_APPS, *[app for app in TENANT_APPS if app not in SHARED_APPS]]

TENANT_MODEL = "tenants.Client"
TENANT_DOMAIN_MODEL = "tenants.Domain"
PUBLIC_SCHEMA_NAME = "public"
TEMPLATE_SCHEMA = "b2o_template"
ROOT_URLCONF = "config.urls"
PUBLIC_SCHEMA_URLCONF = "config.urls_public"
VENDOR_URLCONFS = {"www": "config.urls_public", "ops": "config.urls_ops", "dpo": "config.urls_dpo"}

MIDDLEWARE = [
    "config.operations.requests.Requests",  # the very first: every line of the log carries the request's number
    "core.csp.ContentSecurityPolicyMiddleware",  # before the static files: they carry the policy too
    "core.api.middleware.Problems",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tenants.middleware.ClientMiddleware",
    "core.compression.Compression",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "core.accounts.support.SupportGate",
    "core.accounts.middleware.SecondFactorGate",
    "policies.middleware.ReadPolicyGate",
    "core.middleware.Audit",
    "core.business_time.of_client.KeepCalendars",
    "core.custom.definitions.KeepDefinitions",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.context.shell",
            ],
            "builtins": [
                "core.templatetags.ui",
                "django.templatetags.i18n",
                "django.templatetags.static",
                "template_partials.templatetags.partials",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
FORMS_URLFIELD_ASSUME_HTTPS = True
WSGI_APPLICATION = "config.wsgi.application"

# --- Database and cache -----------------------------------------------------------------------------------------
DATABASE_ROUTERS = ["tenants.routers.ClientGuard", "django_tenants.routers.TenantSyncRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def database(url: str, *, pool_size: int = 8) -> dict:
    """Django's DATABASES entry for a PostgreSQL address, with the pool that tenancy.md asks for."""
    address = env.db_url_config(url)
    return {
        **address,
        "ENGINE": "tenants.postgresql",
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": False,  # tenants.postgresql checks what it borrows while it cleans it
        "OPTIONS": {
            "connect_timeout": 5,
            "application_name": "myb2o",
            # A page's statements are short: a second process for one costs more than it saves, and is another's.
            "options": "-c max_parallel_workers_per_gather=0",
            **address.get("OPTIONS", {}),  # ?sslmode=… of the address
            # max_lifetime: each connection keeps about 1.8 MB for every client that it touched.
            "pool": {"min_size": 0, "max_size": pool_size, "timeout": 5, "max_lifetime": 300},
        },
    }


def cache(url: str) -> dict:
    """Django's CACHES entry; every key carries the client's schema."""
    return {
        "BACKEND": "tenants.cache.ClientRedisCache",
        "LOCATION": url,
        "KEY_FUNCTION": "django_tenants.cache.make_key",
        "REVERSE_KEY_FUNCTION": "django_tenants.cache.reverse_key",
        "OPTIONS": {"socket_timeout": 3, "socket_connect_timeout": 2},
    }


# --- Accounts -----------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["core.accounts.backends.AccountBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "core.accounts.passwords.PredictablePasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 30 * 60  # R09: links live thirty minutes
ACCOUNT_ADAPTER = "core.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True  # whoever opened the link has proved themselves, and their device is known
# A whole company sits behind one address: wide by address, tight by account.
ACCOUNT_RATE_LIMITS = {
    "login": "300/m/ip",
    "login_failed": "60/m/ip,10/5m/key",  # of second factors: the password was right already
    "reset_password": "60/m/ip,5/10m/key",
    "reset_password_from_key": "60/m/ip",
    "change_password": "10/m/user",
    "reauthenticate": "10/m/user",
    "invitation": "60/m/ip,3/10m/key",
    "address": "5/10m/user",
}
# Failures (core.accounts.limits): nobody can make somebody else wait by failing in their name.
SIGN_IN_LIMITS = {"place": "120/m/key", "here": "10/5m/key", "everywhere": "100/h/key", "device": "20/5m/key"}
DEVICE_COOKIE_NAME = "b2o_device"
ACCOUNT_FORMS = {
    "login": "core.accounts.forms.LoginForm",
    "reset_password": "core.accounts.forms.ResetPasswordForm",
}
MFA_ADAPTER = "core.accounts.mfa.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    "login_webauthn": "core.accounts.mfa.LoginPasskeyForm",
    "authenticate_webauthn": "core.accounts.mfa.AuthenticatePasskeyForm",
    "reauthenticate_webauthn": "core.accounts.mfa.ReauthenticatePasskeyForm",
    "add_webauthn": "core.accounts.mfa.AddPasskeyForm",
}
MFA_TOTP_TOLERANCE = 1  # thirty seconds of a clock that is not on time
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_RATE_LIMITS = {"webauthn_login": "120/m/ip"}  # a whole company behind one address; there is nothing to guess
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"

SESSION_ENGINE = "core.accounts.sessions"
SESSION_COOKIE_NAME = "b2o_session"
SESSION_COOKIE_DOMAIN = None  # host-only: R06
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_COOKIE_NAME = "b2o_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "core.views.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- Security headers ---------------------------------------------------------------------------------------------
# The name and the form of Django 6's own setting.
SECURE_CSP = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "manifest-src": ["'self'"],
    "worker-src": ["'self'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
    "base-uri": ["'none'"],
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "core.uploads.SizeGuard",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

# The address is unique by a constraint on lower(email), which the check does not see.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]

# --- Language and time --------------------------------------------------------------------------------------------
LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("Français"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Europe/Paris"
USE_TZ = True
USE_I18N = True
USE_THOUSAND_SEPARATOR = False  # True would write value="1 594" into ids

# --- Files --------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "build" / "static"
STATICFILES_DIRS = [BASE_DIR / "static", BASE_DIR / "build" / "vendor"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "core.bundles.BundleFinder",
]
STATIC_BUNDLES = {
    "css/shell.css": ("css/base.css", "css/components.css"),
    "css/work.css": ("css/list.css", "css/pages.css"),
}
STATIC_BUNDLES_DIR = BASE_DIR / "build" / "bundles"
FONT_DIR = BASE_DIR / "build" / "fonts"  # of the documents; made by `manage.py vendor`, never sent to a browser
PDF_TEMPLATES = BASE_DIR / "templates" / "pdf"
MEDIA_ROOT = DATA_DIR / "media"
FLEET_TTL = 30  # seconds that hosts and windows of maintenance are kept, unless the fleet changes
FLEET_STAMP = DATA_DIR / "fleet-stamp"  # its date is the last change of the fleet: see tenants/freshness.py
MEDIA_URL = "/media/"  # never served as such: files go out through views that check rights
STORAGES = {
    "default": {"BACKEND": "tenants.storage.ClientStorage"},
    "staticfiles": {"BACKEND": "core.storage.StaticStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = False
IMPORT_MAX_BYTES = 50 * 1024 * 1024
IMPORT_MAX_UNPACKED = 400 * 1024 * 1024  # bytes of a workbook once its archive is opened
IMPORT_MAX_CELLS = 10_000_000  # of a sheet, blank ones counted: the reader keeps some 32 bytes for each
FILE_MAX_BYTES = 25_000_000
FILES_MAX_BYTES_PER_RECORD = 250_000_000

# --- API ------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["interfaces.authentication.Key", "core.api.authentication.Session"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["core.api.bodies.Json"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "core.api.schema.Operations",
    "EXCEPTION_HANDLER": "core.api.errors.problem_of",
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {"OAS_VERSION": "3.1.0", "POSTPROCESSING_HOOKS": [], "TITLE": "MyB2O", "VERSION": VERSION}
API_MAX_BODY = 1024 * 1024
API_PAGE_SIZE = 200  # at most; 50 unless asked
# (requests, seconds): everything one client's people send together, and each person of them.
API_RATES = {"client": (1200, 60), "user": (300, 60)}
API_VISITOR_RATE = (60, 60)  # of one address, without being signed in
# More rows than this read by one person from one resource within an hour are an extraction (R02).
API_EXTRACTION_ROWS = 200

# --- Interfaces -----------------------------------------------------------------------------------------------------
WEBHOOK_SCHEMES = ("https",)

# --- Background work ----------------------------------------------------------------------------------------------
CELERY_TIMEZONE = "Europe/Paris"
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 6 * 3600, "socket_timeout": 5, "socket_connect_timeout": 2}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.2}
CELERY_BEAT_SCHEDULE = {
    # R12: at noon what was entered since the last full backup, each evening all. The reconciler makes good what a beat
    # or a worker that was down has missed. Nothing may be scheduled between 02:00 and 03:00 local.
    "backups": {"task": "backups.tasks.scheduled", "schedule": crontab(hour="12,20", minute=0)},
    "reconcile-backups": {"task": "backups.tasks.reconcile", "schedule": 300.0, "options": {"expires": 290}},
    "drill-backups": {"task": "backups.tasks.nightly_drill", "schedule": crontab(hour=4, minute=40)},
    "prune-backups": {"task": "backups.tasks.housekeeping", "schedule": crontab(hour=6, minute=30)},
    # Each night: bins of more than thirty days, files deleted long enough ago.
    "sweep": {"task": "core.tasks.sweep", "schedule": crontab(hour=4, minute=10)},
    "expire-drafts": {"task": "core.tasks.expire_drafts", "schedule": crontab(hour=4, minute=15)},
    # Jobs whose worker died or whose message was lost go back to the workers.
    "reconcile-jobs": {"task": "core.jobs.tasks.reconcile", "schedule": 60.0, "options": {"expires": 55}},
    # In Paris's time, as CELERY_TIMEZONE says.
    "digest": {"task": "core.notifying.tasks.digest", "schedule": crontab(hour=7, minute=30)},
    "watch-certificates": {"task": "vendor.tasks.watch_certificates", "schedule": crontab(hour=6, minute=50)},
    "remind-ops": {"task": "vendor.tasks.remind", "schedule": crontab(hour=7, minute=10)},
    # What a signed receipt and its delay allow to destroy.
    "destroy-due": {"task": "vendor.tasks.destroy_due", "schedule": crontab(hour=6, minute=30)},
    # Mail that is due: tried again, or left by a worker that died.
    "deliver-mail": {"task": "core.mail.tasks.deliver_due", "schedule": 60.0, "options": {"expires": 55}},
    "read-returns": {"task": "core.mail.tasks.read_returns", "schedule": 60.0, "options": {"expires": 55}},
    "send-mailings": {"task": "crm.tasks.send_mailings", "schedule": 60.0, "options": {"expires": 55}},
    "remind-activities": {"task": "crm.tasks.remind_due", "schedule": 60.0, "options": {"expires": 55}},
    # What changed goes to the webhooks that were asked for, and what failed is tried again.
    "deliver-webhooks": {"task": "interfaces.tasks.deliver_due", "schedule": 20.0, "options": {"expires": 18}},
    "sweep-webhooks": {"task": "interfaces.tasks.sweep", "schedule": crontab(hour=4, minute=20)},
    # Seconds, not a time of day: the hour that summer time skips or repeats changes nothing. A late one is dropped.
    "seal-history": {"task": "core.tasks.seal_history", "schedule": 60.0, "options": {"expires": 55}},
}

OPS_EMAILS = env.list("OPS_EMAILS", default=[])  # who is reminded of contracts, insurance and the like
EXIT_DELAY_DAYS = 30  # between the signed receipt and the destruction: time to stop it
# Where the certificates of our hosts are looked at (host:port of the proxy); "" where nothing is served over HTTPS.
CERTIFICATE_PROBE = env.str("CERTIFICATE_PROBE", default="")
# Networks (CIDR) of the proxy, whose header with the visitor's certificate counts; of nobody unless they are named.
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])

# --- Backups --------------------------------------------------------------------------------------------------------
BACKUP_ROOT = DATA_DIR / "backups"
# A bucket instead of the folder: {endpoint, region, bucket, key, secret}; only places in France (backups/residency.py).
BACKUP_S3: dict[str, str] = {}
BACKUP_KEYRING = DATA_DIR / "keyring"  # the keys of the backups (backups/keyring.py)
BACKUP_KEK_FILE = env.str("BACKUP_KEK_FILE", default="")  # the key that opens them; default: in the keyring
BACKUP_KEYRING_AUTO = True  # made at the first backup
# The role that reads for the backups, {user, password}; the application's own when empty.
BACKUP_READER: dict[str, str] = {}
BACKUP_PARALLEL = env.int("BACKUP_PARALLEL", default=2)  # clients backed up at the same time
BACKUP_ALARM_EMAILS = env.list("BACKUP_ALARM_EMAILS", default=[])  # told when a proven backup is missing
BACKUP_METRICS_FILE = env.str("BACKUP_METRICS_FILE", default="")  # figures in Prometheus's text format

# --- The vendor ---------------------------------------------------------------------------------------------------
DPO_EMAIL = "rgpd@b2o.eu"  # R05: one setting
SALES_EMAIL = "contrats@b2o.eu"  # who makes amendments: said to whoever meets the contract's limits
POLICY_TTL = 60  # seconds that a process keeps what is in force
DEFAULT_FROM_EMAIL = "MyB2O <ne-pas-repondre@b2o.eu>"
EMAIL_TIMEOUT = 20
MAIL_PER_HOUR = env.int("MAIL_PER_HOUR", default=1000)  # of one client; the others wait in its outbox
# Where mail servers send what could not be delivered, and complaints: "retours+…@b2o.eu" (core/mail/returns.py).
RETURN_ADDRESS = env.str("RETURN_ADDRESS", default="retours@b2o.eu")
RETURNS_FOLDER = Path(env.str("RETURNS_FOLDER", default="") or DATA_DIR / "returns")  # the mail server drops them there

# --- Logs: every line carries the client ----------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"client": {"()": "tenants.log.ClientFilter"}, "refusals": {"()": "tenants.log.RefusalFilter"}},
    "formatters": {"line": {"format": "{asctime} {levelname} [{client}] {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "filters": ["client"], "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django.server": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        # A refusal is an answer, not an incident: one line without a traceback.
        "django.request": {"filters": ["refusals"]},
    },
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

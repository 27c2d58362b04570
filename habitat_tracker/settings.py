"""Settings of Habitat Tracker.

Everything that differs between installations is read from the environment in the first
part of this file, and listed in `.env.example`. A value that is missing or malformed stops
the start with its name. The second part says how the product is put together.
"""

import os
import re
import sys
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import structlog
from celery.schedules import crontab
from csp.constants import NONE, SELF
from environs import Env, EnvError, ValidationError, validate

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Read from the environment ---------------------------------------------------------

env = Env()
env.read_env(BASE_DIR / os.environ.get("ENV_FILE", ".env"), recurse=False)


@env.parser_for("broker_url")
def parse_broker_url(value: str) -> str:
    """The address of a message broker, of a kind that the product is tested with."""
    scheme = urlsplit(value).scheme
    if scheme not in {"memory", "redis", "rediss"}:
        raise ValidationError("It must start with memory://, redis:// or rediss://.")
    return "memory://localhost" if scheme == "memory" else value


@env.parser_for("evidence_storage")
def parse_evidence_storage(value: str) -> dict[str, Any]:
    """Where evidence is kept, as Django describes a storage: a folder, or a bucket (s3://)."""
    address = urlsplit(value)
    if value and not address.scheme:
        folder = "django.core.files.storage.FileSystemStorage"
        return {"BACKEND": folder, "OPTIONS": {"location": BASE_DIR / value}}
    if address.scheme != "s3":
        raise ValidationError("It must be a folder or start with s3://.")
    if "@" in address.netloc:
        raise ValidationError("Keys of a bucket are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]+[a-z0-9]", address.netloc) or address.fragment:
        raise ValidationError("It must look like s3://bucket or s3://bucket/prefix.")
    options = dict(parse_qsl(address.query, keep_blank_values=True))
    if not options.keys() <= {"endpoint_url", "region_name"} or "" in options.values():
        raise ValidationError("After ? a bucket has endpoint_url and region_name.")
    if urlsplit(options.get("endpoint_url", "https:")).scheme not in {"http", "https"}:
        raise ValidationError("The endpoint_url must start with http:// or https://.")
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": address.netloc,
            "location": address.path.strip("/"),
            # Whoever gets at the bucket past the product is never shown a file as a page.
            "object_parameters": {
                "ContentType": "application/octet-stream",
                "ContentDisposition": "attachment",
            },
            **options,
        },
    }


def refuse(name: str, reason: str) -> EnvError:
    """The error for a value that is well formed but cannot be used."""
    return EnvError(f'Environment variable "{name}" invalid: {reason}')


POSITIVE = validate.Range(min=1)

SECRET_KEY = env.str("SECRET_KEY", validate=validate.Length(min=32))
DEBUG = env.bool("DEBUG", False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])
HTTPS_ONLY = env.bool("HTTPS_ONLY", False)
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 0, validate=validate.Range(min=0))

DATABASE = env.dj_db_url("DATABASE_URL", "sqlite:///var/habitat.sqlite3")
DATABASE_CONN_MAX_AGE = env.int("DATABASE_CONN_MAX_AGE", 60, validate=validate.Range(min=0))
CACHE = env.dj_cache_url("CACHE_URL", "locmem://")
EVIDENCE_STORAGE = env.evidence_storage("EVIDENCE_STORAGE", "var/media")
EVIDENCE_MAX_BYTES = env.int("EVIDENCE_MAX_BYTES", 20 * 1024**2, validate=POSITIVE)
IMPORT_MAX_BYTES = env.int("IMPORT_MAX_BYTES", 20 * 1024**2, validate=POSITIVE)
DATA_UPLOAD_MAX_MEMORY_SIZE = env.int("DATA_UPLOAD_MAX_MEMORY_SIZE", 5 * 1024**2, validate=POSITIVE)

CELERY_BROKER_URL = env.broker_url("CELERY_BROKER_URL", "memory://")
EMBEDDED_WORKER = env.bool("EMBEDDED_WORKER", CELERY_BROKER_URL.startswith("memory:"))
STALE_FIGURES_MAX_AGE = env.int("STALE_FIGURES_MAX_AGE", 300, validate=POSITIVE)
METRICS_TOKEN = env.str(
    "METRICS_TOKEN", "", validate=validate.Predicate("isascii", error="It must be ASCII.")
)

HOST = env.str("HOST", "127.0.0.1", validate=validate.Length(min=1))
PORT = env.int("PORT", 8000, validate=validate.Range(min=1, max=65535))
WEB_WORKERS = env.int("WEB_WORKERS", 1, validate=POSITIVE)
WEB_THREADS = env.int("WEB_THREADS", 8, validate=POSITIVE)
STATIC_MANIFEST = env.bool("STATIC_MANIFEST", False)
COLLECTED_STATIC = BASE_DIR / env.path("STATIC_ROOT", Path("var/static"))

API_TOKEN_HOURS = env.int("API_TOKEN_HOURS", 12, validate=POSITIVE)

EMAIL = env.dj_email_url("EMAIL_URL", "console://")
# For how many days a partner may answer by the link that was sent.
FEEDBACK_DAYS = env.int("FEEDBACK_DAYS", 30)
SITE_URL = env.str("SITE_URL", f"http://{HOST}:{PORT}").rstrip("/")
DIGEST_HOUR = env.int("DIGEST_HOUR", 6, validate=validate.Range(min=0, max=23))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "habitat-tracker@localhost")

LOG_FORMAT = env.str("LOG_FORMAT", "console", validate=validate.OneOf(["console", "json"]))
LOG_LEVEL = env.str(
    "LOG_LEVEL",
    "INFO",
    validate=validate.OneOf(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]),
)

LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LANGUAGE_CODE = env.str(
    "LANGUAGE_CODE", "en", validate=validate.OneOf([code for code, _ in LANGUAGES])
)

env.seal()

if EMBEDDED_WORKER and WEB_WORKERS != 1:
    raise refuse("WEB_WORKERS", "it must be 1 while EMBEDDED_WORKER is on.")
if METRICS_TOKEN and len(METRICS_TOKEN) < 16:
    raise refuse("METRICS_TOKEN", "it must have 16 characters or more.")
if EVIDENCE_STORAGE["BACKEND"].startswith("storages.") and not find_spec("storages"):
    raise refuse("EVIDENCE_STORAGE", "a bucket needs the packages of requirements/s3.txt.")
if "EMAIL_BACKEND" not in EMAIL:
    raise refuse("EMAIL_URL", "the kind of mail server is not known.")
if not re.fullmatch(r"https?://[^/?#\s]+(/[^?#\s]*)?", SITE_URL):
    raise refuse("SITE_URL", "it must look like https://tracker.example.org.")

# --- Database --------------------------------------------------------------------------

match DATABASE["ENGINE"]:
    case "django.db.backends.sqlite3":
        if DATABASE["NAME"] != ":memory:":
            DATABASE["NAME"] = str(BASE_DIR / DATABASE["NAME"])
            Path(DATABASE["NAME"]).parent.mkdir(parents=True, exist_ok=True)
        DATABASE["OPTIONS"] = {
            # A transaction takes the write lock when it begins, and waits for it: with the
            # default it may read first and then fail at its first write.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
    case "django.db.backends.postgresql":
        DATABASE |= {"CONN_MAX_AGE": DATABASE_CONN_MAX_AGE, "CONN_HEALTH_CHECKS": True}
    case _:
        raise refuse("DATABASE_URL", "the database is sqlite:// or postgres://.")

DATABASES = {"default": DATABASE}
CACHES = {"default": CACHE}
# SQLite leaves the columns out that PostgreSQL keeps in an index beside its key.
SILENCED_SYSTEM_CHECKS = ["models.W040"]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Applications and requests ---------------------------------------------------------

INSTALLED_APPS = [
    "habitat_tracker.accounts",
    "plans",
    "outcomes",
    "projects",
    "reporting",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "rest_framework",
    "knox",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "template_partials",
    "csp",
    "django_structlog",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "habitat_tracker.web.NotKept",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "habitat_tracker.web.ReadableAddress",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "habitat_tracker.web.SignInRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "habitat_tracker.web.ShowRefusals",
]

ROOT_URLCONF = "habitat_tracker.urls"
WSGI_APPLICATION = "habitat_tracker.wsgi.application"
ASGI_APPLICATION = "habitat_tracker.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "habitat_tracker.navigation.frame",
            ],
        },
    },
]

# Evidence beyond the largest size is not kept, however much is sent.
FILE_UPLOAD_HANDLERS = ["habitat_tracker.uploads.LimitedUploadHandler"]
# One page of the entry grid may hold many cells.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

# --- Language and time -----------------------------------------------------------------

USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

# --- Files -----------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = COLLECTED_STATIC if STATIC_MANIFEST else None
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    # Never served as it is: evidence goes through a view that asks who reads.
    "default": EVIDENCE_STORAGE,
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if STATIC_MANIFEST
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = not STATIC_MANIFEST
WHITENOISE_AUTOREFRESH = DEBUG

# --- Sign-in ---------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "habitat_tracker.sign_in.StaffAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT

# --- Security --------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
CSRF_FAILURE_VIEW = "habitat_tracker.web.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS_ONLY
SECURE_SSL_REDIRECT = HTTPS_ONLY
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS_ONLY else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS_ONLY
if TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- E-mail ----------------------------------------------------------------------------

EMAIL_BACKEND = EMAIL["EMAIL_BACKEND"]
EMAIL_HOST = EMAIL["EMAIL_HOST"]
EMAIL_PORT = EMAIL["EMAIL_PORT"]
EMAIL_HOST_USER = EMAIL["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = EMAIL["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = EMAIL["EMAIL_USE_TLS"]
EMAIL_USE_SSL = EMAIL["EMAIL_USE_SSL"]
EMAIL_TIMEOUT = EMAIL["EMAIL_TIMEOUT"] or 20
EMAIL_FILE_PATH = BASE_DIR / EMAIL["EMAIL_FILE_PATH"] if EMAIL["EMAIL_FILE_PATH"] else None

# --- API -------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "habitat_tracker.tokens.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["habitat_tracker.exact_json.ExactJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["habitat_tracker.exact_json.OrjsonRenderer"],
    "DEFAULT_FILTER_BACKENDS": ["habitat_tracker.lists.FilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "habitat_tracker.drf.Schema",
    "DEFAULT_PAGINATION_CLASS": "habitat_tracker.lists.KeysetPagination",
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {"anon": "120/min", "user": "1200/min", "sign_in": "20/min"},
    "EXCEPTION_HANDLER": "habitat_tracker.drf.exception_handler",
    # Who asks is told by our own proxies only, not by what a client writes in a header.
    "NUM_PROXIES": TRUSTED_PROXY_COUNT,
    "URL_FORMAT_OVERRIDE": None,
    "DEFAULT_METADATA_CLASS": None,  # the schema tells what OPTIONS would
}
REST_KNOX = {"TOKEN_TTL": timedelta(hours=API_TOKEN_HOURS)}
SPECTACULAR_SETTINGS = {
    "TITLE": "Habitat Tracker",
    "DESCRIPTION": "Results of UN-Habitat's strategic plan. A guide is in docs/api.md.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {
        "ResultStatus": "projects.choices.Status",
        "ProjectStatus": "projects.choices.ProjectStatus",
        "FigureStatus": "reporting.progress.Status",
        "ProjectKind": "projects.choices.ProjectKind",
        "EvidenceKind": "projects.choices.EvidenceKind",
        "IndicatorKind": "outcomes.choices.Kind",
        "Score": "projects.choices.Score",
        "ThemeKind": "plans.choices.ThemeKind",
        "Confidence": "outcomes.choices.Confidence",
        "DeliverableKind": "outcomes.choices.DeliverableKind",
        "PartnerKind": "projects.choices.PartnerKind",
        "ContributionRole": "projects.choices.ContributionRole",
        "AgreementKind": "projects.choices.AgreementKind",
        "AgreementState": "projects.choices.AgreementState",
        "OfficeKind": "habitat_tracker.accounts.choices.OfficeKind",
        "TransactionKind": "projects.choices.TransactionKind",
        "PeriodKind": "plans.choices.PeriodKind",
        "ResultState": "outcomes.choices.State",
        "Qualifier": "projects.api.result_bodies.QUALIFIERS",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# --- Jobs ------------------------------------------------------------------------------

CELERY_TIMEZONE = "UTC"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT = 10 * 60
CELERY_TASK_TIME_LIMIT = 12 * 60
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A page that posts a job waits no longer than this for a broker that is down; the sweep
# finds the work later.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1}
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"polling_interval": 0.1}
    if CELERY_BROKER_URL.startswith("memory:")
    else {
        "visibility_timeout": 3600,
        "socket_connect_timeout": 3,
        "socket_keepalive": True,
        # How often a connection is tried for one message; workers go on trying by themselves.
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.1,
        "interval_max": 0.1,
    }
)
# The schedule is fixed and in code, so nothing about it needs to be kept on disk.
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
CELERY_BEAT_ENABLE_REMOTE_CONTROL = not EMBEDDED_WORKER  # lets `celery inspect ping` reach it
CELERY_BEAT_SCHEDULE = {
    "sweep-stale-figures": {
        "task": "outcomes.tasks.drain_stale_figures",
        "schedule": 5.0,
    },
    "verify-figures": {
        "task": "outcomes.tasks.verify_figures",
        "schedule": crontab(hour="2", minute="30"),
    },
    "sweep-evidence": {
        "task": "projects.tasks.sweep_evidence",
        "schedule": crontab(hour="3", minute="15"),
    },
    "sweep-imports": {
        "task": "projects.tasks.sweep_imports",
        "schedule": 60.0,
    },
    # The second and third time send what the mail server refused before.
    "send-digests": {
        "task": "projects.tasks.send_digests",
        "schedule": crontab(hour=str(DIGEST_HOUR), minute="0,20,40"),
    },
}

# --- Logs ------------------------------------------------------------------------------

DJANGO_STRUCTLOG_CELERY_ENABLED = True

LOG_STEPS: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
LOG_RENDERING: list[structlog.typing.Processor] = (
    [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    if LOG_FORMAT == "json"
    else [
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    ]
)

structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *LOG_STEPS,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "structlog": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *LOG_RENDERING,
            ],
            "foreign_pre_chain": LOG_STEPS,
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structlog"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        # Django adds handlers of its own to these two.
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        "django.server": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
    },
}

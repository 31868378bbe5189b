"""Every setting of a deployment, read from the environment, safe when nothing is set.

Contradictory or dangerous combinations are reported by `manage.py check --deploy` (see `console/checks.py`).
"""

import os
import secrets
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from console.policy import passwords

from . import environment

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(environment.text("QLIKAUTH_VAR", str(BASE_DIR / "var")))
MINUTES_OF_A_YEAR = 365 * 24 * 60

# --- The region ---------------------------------------------------------------------------------------------------

PORT = environment.number("PORT", 8000, most=65535)
REGION_HOST = environment.host("QLIKAUTH_REGION_HOST", f"localhost:{PORT}")
REGION_HOSTNAME = REGION_HOST.rsplit(":", 1)[0]
# On localhost names everything is plain http; anywhere else everything is https (the issuer's scheme follows).
LOCAL_REGION = REGION_HOSTNAME == "localhost" or REGION_HOSTNAME.endswith(".localhost")
OAUTH_CLIENTS_SUPPORTED = environment.switch("QLIKAUTH_OAUTH_CLIENTS", True)

# --- Database -----------------------------------------------------------------------------------------------------

DATABASES: dict[str, Any] = {"default": environment.database("DATABASE_URL", VAR_DIR / "qlikauth.sqlite3")}
EMBEDDED_DATABASE = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
database_options: dict[str, Any] = DATABASES["default"].setdefault("OPTIONS", {})
if EMBEDDED_DATABASE:
    environment.make_folder("QLIKAUTH_VAR", VAR_DIR)
    database_options |= {
        # A transaction that will write takes the write lock at once: two administrators queue, neither fails half-way.
        "transaction_mode": "IMMEDIATE",
        "timeout": 10,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
else:
    # What the address asks for itself comes last and wins.
    bounds = "-c statement_timeout=15s -c lock_timeout=5s -c idle_in_transaction_session_timeout=30s"
    database_options["options"] = f"{bounds} {database_options.get('options', '')}".strip()
    database_options.setdefault("connect_timeout", 5)
    # Which statements are kept prepared, models/prepared.py says. None behind a pooler that hands a connection on after
    # each transaction and does not know of them.
    keeps_statements = environment.switch("QLIKAUTH_PREPARED_STATEMENTS", True)
    database_options.setdefault("prepare_threshold", 5 if keeps_statements else None)
# Where `manage.py move_database` moves the embedded database to. Nothing else connects to it.
NEW_DATABASE: dict[str, Any] | None = None
if environment.text("QLIKAUTH_NEW_DATABASE_URL"):
    NEW_DATABASE = environment.database("QLIKAUTH_NEW_DATABASE_URL", VAR_DIR)
    NEW_DATABASE.setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Keys ---------------------------------------------------------------------------------------------------------


def embedded_secret_key() -> str:
    """The key of an embedded deployment: made once, kept beside the database, readable by its owner alone.

    Several processes may start at once: the file appears whole, and the first one counts.
    """
    path = VAR_DIR / "secret_key"
    if not path.exists():
        mine = VAR_DIR / f".secret_key.{os.getpid()}.{secrets.token_hex(4)}"
        with os.fdopen(os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(64))
        with suppress(FileExistsError):
            os.link(mine, path)
        mine.unlink()
    return path.read_text().strip()


SECRET_KEY = environment.text("QLIKAUTH_SECRET_KEY")
if not SECRET_KEY:
    if not EMBEDDED_DATABASE:
        raise ImproperlyConfigured(
            "QLIKAUTH_SECRET_KEY is required with PostgreSQL: every process needs the same key."
        )
    try:
        SECRET_KEY = embedded_secret_key()
    except OSError as error:
        raise ImproperlyConfigured(
            f"The key beside the database, {error.filename}, cannot be made or read ({error.strerror})."
        ) from None
# Earlier keys, newest first: what they sealed can still be read, nothing new is sealed with them.
SECRET_KEY_FALLBACKS = environment.texts("QLIKAUTH_SECRET_KEY_FALLBACKS")

# --- Requests -----------------------------------------------------------------------------------------------------

DEBUG = environment.switch("QLIKAUTH_DEBUG", False)
# The host decides the tenant; console.http.middleware.TenantMiddleware answers 404 for every host it does not know.
ALLOWED_HOSTS = ["*"]
USE_X_FORWARDED_HOST = False
# Number of reverse proxies whose X-Forwarded-For and X-Forwarded-Proto can be believed. 0 = none.
TRUSTED_PROXIES = environment.number("QLIKAUTH_TRUSTED_PROXIES", 0, least=0, most=20)
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

ROOT_URLCONF = "qlikauth.urls"
WSGI_APPLICATION = "qlikauth.wsgi.application"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# How long a client may take to send the head of a request, and then its body, and to read 64 KB of an answer
# (qlikauth/server). A proxy in front has limits of its own.
RECEIVE_SECONDS = environment.number("QLIKAUTH_RECEIVE_SECONDS", 20, most=3600)
SEND_SECONDS = environment.number("QLIKAUTH_SEND_SECONDS", 30, most=3600)
# Of each worker process. When there are more, the one that has waited longest to send a request is closed.
MAX_CONNECTIONS = environment.number("QLIKAUTH_MAX_CONNECTIONS", 1000, most=100_000)
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
APPEND_SLASH = False

INSTALLED_APPS = [
    "console",  # first, so that its commands take the place of others of the same name (management/instead.py)
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "csp",
    "oauth2_provider",
]
# Every model of django-oauth-toolkit is replaced by one of ours, so its migrations would make nothing.
MIGRATION_MODULES: dict[str, str | None] = {"oauth2_provider": None}

MIDDLEWARE = [
    "console.oauth.dispatch.DispatchMiddleware",
    "console.http.middleware.TraceMiddleware",
    "console.http.middleware.PlainHttpMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "console.http.middleware.TenantMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "console.http.middleware.PagesMiddleware",
    "console.http.middleware.OtherOriginsMiddleware",
    "console.http.middleware.RegionWithoutClientsMiddleware",
]
# All that the endpoints of the protocol need (console.oauth.dispatch): they go past the list above.
PROGRAM_MIDDLEWARE = [
    "console.http.middleware.TraceMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "console.http.middleware.TenantMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "console.http.middleware.OtherOriginsMiddleware",
    "console.http.middleware.RegionWithoutClientsMiddleware",
]
# What only pages need; the requests of programs go past it (console.http.middleware.PagesMiddleware).
PAGE_MIDDLEWARE = [
    "console.http.compression.CompressionMiddleware",
    "console.http.browser_rules.PolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "console.http.middleware.TenantSessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "console.oauth.answered_at_once.AnsweredAtOnceMiddleware",
    "console.http.middleware.LanguageMiddleware",
    "console.http.middleware.TimeZoneMiddleware",
    "console.http.middleware.SignedInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "console.http.middleware.BrowserCacheMiddleware",
    "console.http.middleware.WrongMethodMiddleware",
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
                "django.template.context_processors.i18n",
                "console.http.context_processors.appearance",
            ],
            "builtins": [
                f"console.templatetags.{name}" for name in ("addresses", "icons", "publishers", "texts")
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "console.http.template_files.LeanLoader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ]
            if not DEBUG
            else [
                "django.template.loaders.filesystem.Loader",
                "django.template.loaders.app_directories.Loader",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- People and sessions ------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "console.User"
AUTHENTICATION_BACKENDS = ["console.http.tenancy.TenantBackend"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": passwords.MIN_LENGTH},
    },
    {"NAME": "console.models.passwords.NotGuessable"},
]
PASSWORD_RESET_TIMEOUT = 3 * 24 * 3600  # seconds that a one-time link lives

# A session ends after this long without a request, and after this long in any case.
idle_minutes, absolute_minutes = environment.idle_and_absolute(
    "QLIKAUTH_SESSION_IDLE_MINUTES",
    8 * 60,
    "QLIKAUTH_SESSION_ABSOLUTE_MINUTES",
    24 * 60,
    most=MINUTES_OF_A_YEAR,
)
SESSION_IDLE, SESSION_ABSOLUTE = timedelta(minutes=idle_minutes), timedelta(minutes=absolute_minutes)
SESSION_COOKIE_AGE = int(SESSION_ABSOLUTE.total_seconds())
# Host-only cookies: one for the parent domain would be shared between tenants. The prefix makes the browser enforce it.
COOKIE_PREFIX = "" if LOCAL_REGION else "__Host-"
SESSION_ENGINE = "console.http.session_store"
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = not LOCAL_REGION
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = not LOCAL_REGION
CSRF_FAILURE_VIEW = "console.pages.failures.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- Browser rules ------------------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# People are led to https, and only on hosts of ours (console.http.middleware.PlainHttpMiddleware).
SECURE_SSL_REDIRECT = not LOCAL_REGION
# A machine that speaks plain http is told so (console.http.middleware), never silently redirected (ASVS 4.1.2).
SECURE_REDIRECT_EXEMPT = [
    r"^healthz$",
    r"^readyz$",
    r"^oauth/(?!(authorize|logout)$)",
    r"^api/",
    r"^\.well-known/",
]
SECURE_HSTS_SECONDS = 0 if LOCAL_REGION else 31536000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not LOCAL_REGION
SECURE_HSTS_PRELOAD = not LOCAL_REGION

# --- Static files -------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Bundles of our own files, the files themselves, and of what the installed packages bring along what pages use.
STATICFILES_FINDERS = [
    "console.http.static_files.Bundles",
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "console.http.static_files.PackageFiles",
]
# Also finds the files where they are kept, so that pages look right before `collectstatic` has run.
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "console.http.static_files.HashedStaticFiles"},
}

# --- Language and time --------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("sv", _("Swedish"))]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SECURE = not LOCAL_REGION
LANGUAGE_COOKIE_HTTPONLY = True
LOCALE_PATHS = [BASE_DIR / "console" / "locale"]
USE_I18N = True
FORMAT_MODULE_PATH = "qlikauth.formats"
USE_TZ = True
TIME_ZONE = "UTC"

# --- Mail ---------------------------------------------------------------------------------------------------------

EMAIL_HOST = environment.text("QLIKAUTH_EMAIL_HOST")
EMAIL_BACKEND = environment.text(
    "QLIKAUTH_EMAIL_BACKEND", f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
)
email_tls = environment.switch("QLIKAUTH_EMAIL_TLS", True)
EMAIL_PORT = environment.number("QLIKAUTH_EMAIL_PORT", 587 if email_tls else 25, most=65535)
EMAIL_USE_SSL = (
    email_tls and EMAIL_PORT == 465
)  # TLS from the first byte; on other ports it begins with STARTTLS
EMAIL_USE_TLS = email_tls and not EMAIL_USE_SSL
EMAIL_HOST_USER = environment.text("QLIKAUTH_EMAIL_USER")
EMAIL_HOST_PASSWORD = environment.text("QLIKAUTH_EMAIL_PASSWORD")
DEFAULT_FROM_EMAIL = environment.text("QLIKAUTH_EMAIL_FROM", f"qlikauth@{REGION_HOSTNAME}")

# --- Logging: to standard error, without bodies, query strings, secrets or tokens ----------------------------------

LOG_LEVEL = environment.choice(
    "QLIKAUTH_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
)
LOG_FORMAT = environment.choice("QLIKAUTH_LOG_FORMAT", "TEXT", ("TEXT", "JSON"))
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "console.http.log_lines.OneLine",
            "format": "{asctime} {levelname} {name} {trace_id} {message}",
            "style": "{",
        },
        "access": {
            "()": "console.http.log_lines.OneLine",
            "format": "{asctime} {trace_id} {message}",
            "style": "{",
        },
        "json": {"()": "console.http.log_lines.JsonLine"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "json" if LOG_FORMAT == "JSON" else "line",
        },
        "access": {
            "class": "logging.StreamHandler",
            "formatter": "json" if LOG_FORMAT == "JSON" else "access",
        },
    },
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        # These two would write request parameters at DEBUG.
        "oauthlib": {"level": "WARNING"},
        "oauth2_provider": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
        # This one would repeat what the host of a metadata document sent.
        "urllib3": {"level": "ERROR"},
        # One line for each request, which has the address as the browser sent it.
        "qlikauth.access": {"handlers": ["access"], "level": "INFO", "propagate": False},
    },
}

# --- Housekeeping --------------------------------------------------------------------------------------------------

# How often servers remove what has expired, together: one of them does it. 0 leaves it to `manage.py expire`.
EXPIRE_EVERY = timedelta(minutes=environment.number("QLIKAUTH_EXPIRE_MINUTES", 60, least=0, most=24 * 60))

# --- OAuth: limits (Q5) and lifetimes ------------------------------------------------------------------------------

LIMITS = {
    "redirect_urls": environment.number("QLIKAUTH_MAX_REDIRECT_URLS", 5, most=1000),
    "allowed_origins": environment.number("QLIKAUTH_MAX_ALLOWED_ORIGINS", 5, most=1000),
    "client_secrets": environment.number("QLIKAUTH_MAX_CLIENT_SECRETS", 5, most=1000),
    "clients_per_tenant": environment.number("QLIKAUTH_MAX_CLIENTS", 200, most=1_000_000),
    # In how many groups one person can be, and so the most names in the claim `groups`: it is never cut short.
    "groups_of_person": environment.number("QLIKAUTH_MAX_GROUPS_OF_PERSON", 200, most=1000),
    "invitations_per_hour": environment.number("QLIKAUTH_MAX_INVITATIONS_PER_HOUR", 100, most=10_000),
    "apis_per_tenant": 50,
    "scopes_per_api": 50,
    "api_secrets": 5,
    # Of one tenant, with an initial access token and without: as many each.
    "registered_clients": environment.number("QLIKAUTH_MAX_REGISTERED_CLIENTS", 200, most=100_000),
    "registration_tokens": 50,
}
INVITATION_LIFETIME = timedelta(days=environment.number("QLIKAUTH_INVITATION_DAYS", 7, least=1, most=90))
# Whether a URL can be a client ID, and the document there describes the client. Each tenant decides for itself too.
METADATA_DOCUMENTS = environment.switch("QLIKAUTH_METADATA_DOCUMENTS", True)
# For trials: hosts of this machine whose documents are fetched as well, by http or https. No other local host is.
METADATA_LOCAL_HOSTS = environment.local_hosts("QLIKAUTH_METADATA_LOCAL_HOSTS")
# How long the audit log keeps an event; None is for ever.
event_days = environment.number("QLIKAUTH_EVENT_DAYS", 0, least=0, most=36_500)
EVENTS_KEPT = timedelta(days=event_days) if event_days else None
# How long it is known how often a client was used on a day.
USES_KEPT = timedelta(days=environment.number("QLIKAUTH_USE_DAYS", 400, least=30, most=3650))
CODE_LIFETIME = timedelta(seconds=60)
DEVICE_CODE_LIFETIME = timedelta(minutes=15)  # while a person finds a browser and signs in there
ACCESS_TOKEN_LIFETIME = timedelta(
    seconds=environment.number("QLIKAUTH_ACCESS_TOKEN_SECONDS", 3600, least=60, most=7 * 24 * 3600)
)
ID_TOKEN_LIFETIME = timedelta(hours=1)
idle_days, absolute_days = environment.idle_and_absolute(
    "QLIKAUTH_REFRESH_TOKEN_IDLE_DAYS", 30, "QLIKAUTH_REFRESH_TOKEN_ABSOLUTE_DAYS", 180, most=3650
)
# How far ahead a client's assertion may expire (RFC 7523 §3). Each is taken once, whatever this is.
ASSERTION_SECONDS = environment.number("QLIKAUTH_ASSERTION_SECONDS", 600, least=60, most=3600)
# How long a refresh token that has been used still gives its client another pair: the answer was lost on the way, or
# two tabs asked at once. 0 is never.
REFRESH_TOKEN_LEEWAY = timedelta(
    seconds=environment.number("QLIKAUTH_REFRESH_TOKEN_LEEWAY_SECONDS", 10, least=0, most=60)
)
REFRESH_TOKEN_IDLE, REFRESH_TOKEN_ABSOLUTE = timedelta(days=idle_days), timedelta(days=absolute_days)
# How long a new signing key is published before it signs: longer than any cache of the JWKS document.
SIGNING_KEY_LEAD = timedelta(minutes=15)
JWKS_CACHE = timedelta(minutes=5)

# django-oauth-toolkit judges its own endpoints and columns by its settings. None of them is used here, so what it would
# warn of is held by other code (and by the tests of tests/oauth, which name their RFC).
SILENCED_SYSTEM_CHECKS = [
    "oauth2_provider.W001",  # implicit grant: oauth/server.py knows one response type, code
    "oauth2_provider.W002",  # password grant: oauth/server.py has no such grant
    "oauth2_provider.W003",  # PKCE with "plain": oauth/rules_before_asking.py takes S256 alone
    "oauth2_provider.W004",  # access tokens in a query: access_tokens.py reads the Authorization header
    "oauth2_provider.W005",  # no `iss` in answers: oauth/validator.py and oauth/authorize.py put it in each
    "oauth2_provider.W006",  # tokens in the clear: digests are kept, and of access tokens nothing
    "oauth2_provider.W008",  # http redirect URLs: policy/redirect_uris.py takes http for loopback names alone
]

# A client's page, for whoever asks the model (which knows no addresses): django-oauth-toolkit's is not here.
ABSOLUTE_URL_OVERRIDES = {"console.client": lambda client: reverse("client_edit", args=[client.client_id])}

OAUTH2_PROVIDER_APPLICATION_MODEL = "console.Client"
OAUTH2_PROVIDER_GRANT_MODEL = "console.AuthorizationCode"
OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL = "console.AccessToken"
OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL = "console.RefreshToken"
OAUTH2_PROVIDER_ID_TOKEN_MODEL = "console.IDToken"
OAUTH2_PROVIDER_DEVICE_GRANT_MODEL = "console.DeviceGrant"

# What is read. Everything else that django-oauth-toolkit can be told is about endpoints of its own: none is here.
OAUTH2_PROVIDER: dict[str, Any] = {
    # What oauth/server.py has it put together.
    "OAUTH2_SERVER_CLASS": "console.oauth.server.TenantServer",
    "OAUTH2_VALIDATOR_CLASS": "console.oauth.validator.TenantValidator",
    "ACCESS_TOKEN_GENERATOR": "console.oauth.access_tokens.generate",
    "REFRESH_TOKEN_GENERATOR": "console.oauth.access_tokens.generate_refresh_token",
    "ACCESS_TOKEN_EXPIRE_SECONDS": int(ACCESS_TOKEN_LIFETIME.total_seconds()),
    # What its `clear_expired` goes by: without them it deletes used refresh tokens, and reuse goes unnoticed.
    "REFRESH_TOKEN_EXPIRE_SECONDS": int(REFRESH_TOKEN_IDLE.total_seconds()),
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
}

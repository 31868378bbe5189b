"""Every setting of a deployment, read from the environment, safe when nothing is set.

Contradictory or dangerous combinations are reported by `manage.py check --deploy` (see `console/checks.py`).
"""

import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("QLIKAUTH_VAR", BASE_DIR / "var"))


def env_bool(name: str, default: bool) -> bool:
    """Reads a switch: on/true/yes/1 or off/false/no/0."""
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in {"on", "true", "yes", "1"}:
        return True
    if value in {"off", "false", "no", "0"}:
        return False
    raise ImproperlyConfigured(f"{name} must be on or off, not {value!r}.")


def env_int(name: str, default: int) -> int:
    """Reads a whole number."""
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None


def env_list(name: str) -> list[str]:
    """Reads a comma separated list."""
    return [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]


# --- The region ---------------------------------------------------------------------------------------------------

PORT = env_int("PORT", 8000)
REGION_HOST = os.environ.get("QLIKAUTH_REGION_HOST", f"localhost:{PORT}").lower()
REGION_HOSTNAME = REGION_HOST.rsplit(":", 1)[0]
# On localhost names everything is plain http; anywhere else everything is https (the issuer's scheme follows).
LOCAL_REGION = REGION_HOSTNAME == "localhost" or REGION_HOSTNAME.endswith(".localhost")
OAUTH_CLIENTS_SUPPORTED = env_bool("QLIKAUTH_OAUTH_CLIENTS", True)

# --- Database -----------------------------------------------------------------------------------------------------

DATABASE_URL = os.environ.get("DATABASE_URL", "")
EMBEDDED_DATABASE = not DATABASE_URL or DATABASE_URL.startswith("sqlite")
if EMBEDDED_DATABASE:
    VAR_DIR.mkdir(parents=True, exist_ok=True)

DATABASES: dict[str, Any] = {
    "default": dj_database_url.parse(
        DATABASE_URL or f"sqlite:///{VAR_DIR / 'qlikauth.sqlite3'}",
        conn_max_age=None,
        conn_health_checks=True,
    )
}
if EMBEDDED_DATABASE:
    DATABASES["default"]["OPTIONS"] = {
        # A transaction that will write takes the write lock at once: two administrators queue, neither fails half-way.
        "transaction_mode": "IMMEDIATE",
        "timeout": 10,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
else:
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        {
            "connect_timeout": 5,
            "options": "-c statement_timeout=15s -c lock_timeout=5s -c idle_in_transaction_session_timeout=30s",
        }
    )
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Keys ---------------------------------------------------------------------------------------------------------


def embedded_secret_key() -> str:
    """The key of an embedded deployment: made once, kept beside the database, readable by its owner alone."""
    path = VAR_DIR / "secret_key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        key = secrets.token_urlsafe(64)
        file.write(key)
    return key


SECRET_KEY = os.environ.get("QLIKAUTH_SECRET_KEY", "")
if not SECRET_KEY:
    if not EMBEDDED_DATABASE:
        raise ImproperlyConfigured(
            "QLIKAUTH_SECRET_KEY is required with PostgreSQL: every process needs the same key."
        )
    SECRET_KEY = embedded_secret_key()
# Earlier keys, newest first: what they sealed can still be read, nothing new is sealed with them.
SECRET_KEY_FALLBACKS = env_list("QLIKAUTH_SECRET_KEY_FALLBACKS")

# --- Requests -----------------------------------------------------------------------------------------------------

DEBUG = env_bool("QLIKAUTH_DEBUG", False)
# The host decides the tenant; console.middleware.TenantMiddleware answers 404 for every host it does not know.
ALLOWED_HOSTS = ["*"]
USE_X_FORWARDED_HOST = False
# Number of reverse proxies whose X-Forwarded-For and X-Forwarded-Proto can be believed. 0 = none.
TRUSTED_PROXIES = env_int("QLIKAUTH_TRUSTED_PROXIES", 0)
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

ROOT_URLCONF = "qlikauth.urls"
WSGI_APPLICATION = "qlikauth.wsgi.application"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
APPEND_SLASH = False

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "csp",
    "oauth2_provider",
    "console",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "console.middleware.TenantMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "console.middleware.TenantSessionMiddleware",
    "console.middleware.LanguageMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "console.middleware.BrowserCacheMiddleware",
    "console.middleware.WrongMethodMiddleware",
    "console.middleware.RegionWithoutClientsMiddleware",
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
                "console.context_processors.appearance",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
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
AUTHENTICATION_BACKENDS = ["console.tenancy.TenantBackend"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 3 * 24 * 3600  # seconds that a one-time link lives

# A session ends after this long without a request, and after this long in any case.
SESSION_IDLE = timedelta(minutes=env_int("QLIKAUTH_SESSION_IDLE_MINUTES", 8 * 60))
SESSION_ABSOLUTE = timedelta(minutes=env_int("QLIKAUTH_SESSION_ABSOLUTE_MINUTES", 24 * 60))
SESSION_COOKIE_AGE = int(SESSION_ABSOLUTE.total_seconds())
# Host-only cookies: one for the parent domain would be shared between tenants. The prefix makes the browser enforce it.
COOKIE_PREFIX = "" if LOCAL_REGION else "__Host-"
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
SECURE_SSL_REDIRECT = not LOCAL_REGION
# A machine that speaks plain http is told so (console.middleware), never silently redirected (ASVS 4.1.2).
SECURE_REDIRECT_EXEMPT = [
    r"^healthz$",
    r"^readyz$",
    r"^oauth/(?!authorize|logout)",
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
# Only our own files: what the installed packages bring along is not used by any page.
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
# Also finds the files where they are kept, so that pages look right before `collectstatic` has run.
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "console.static_files.HashedStaticFiles"},
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
USE_TZ = True
TIME_ZONE = "UTC"

# --- Mail ---------------------------------------------------------------------------------------------------------

EMAIL_BACKEND = os.environ.get("QLIKAUTH_EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
DEFAULT_FROM_EMAIL = os.environ.get("QLIKAUTH_EMAIL_FROM", f"qlikauth@{REGION_HOSTNAME}")

# --- Logging: to standard error, without bodies, query strings, secrets or tokens ----------------------------------

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("QLIKAUTH_LOG_LEVEL", "INFO").upper()},
    "loggers": {
        # These two would write request parameters at DEBUG.
        "oauthlib": {"level": "WARNING"},
        "oauth2_provider": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
    },
}

# --- OAuth: limits (Q5) and lifetimes ------------------------------------------------------------------------------

LIMITS = {
    "redirect_urls": env_int("QLIKAUTH_MAX_REDIRECT_URLS", 5),
    "allowed_origins": env_int("QLIKAUTH_MAX_ALLOWED_ORIGINS", 5),
    "client_secrets": env_int("QLIKAUTH_MAX_CLIENT_SECRETS", 5),
    "clients_per_tenant": env_int("QLIKAUTH_MAX_CLIENTS", 200),
}
CODE_LIFETIME = timedelta(seconds=60)
ACCESS_TOKEN_LIFETIME = timedelta(seconds=env_int("QLIKAUTH_ACCESS_TOKEN_SECONDS", 3600))
ID_TOKEN_LIFETIME = timedelta(hours=1)
REFRESH_TOKEN_IDLE = timedelta(days=env_int("QLIKAUTH_REFRESH_TOKEN_IDLE_DAYS", 30))
REFRESH_TOKEN_ABSOLUTE = timedelta(days=env_int("QLIKAUTH_REFRESH_TOKEN_ABSOLUTE_DAYS", 180))
# How long a new signing key is published before it signs: longer than any cache of the JWKS document.
SIGNING_KEY_LEAD = timedelta(minutes=15)
JWKS_CACHE = timedelta(minutes=5)

# django-oauth-toolkit warns because http is among its schemes. It must be, for loopback addresses (RFC 8252 §7.3);
# that no other http address is registered is policy/redirect_uris.py's work.
SILENCED_SYSTEM_CHECKS = ["oauth2_provider.W008"]

OAUTH2_PROVIDER_APPLICATION_MODEL = "console.Client"
OAUTH2_PROVIDER_GRANT_MODEL = "console.Grant"
OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL = "console.AccessToken"
OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL = "console.RefreshToken"
OAUTH2_PROVIDER_ID_TOKEN_MODEL = "console.IDToken"
OAUTH2_PROVIDER_DEVICE_GRANT_MODEL = "console.DeviceGrant"

OAUTH2_PROVIDER: dict[str, Any] = {
    "OIDC_ENABLED": True,
    "OAUTH2_VALIDATOR_CLASS": "console.oauth.validator.TenantValidator",
    "OIDC_SERVER_CLASS": "console.oauth.server.TenantServer",
    "ACCESS_TOKEN_GENERATOR": "console.oauth.access_tokens.generate",
    "REFRESH_TOKEN_GENERATOR": "console.oauth.access_tokens.generate_refresh_token",
    "ACCESS_TOKEN_EXPIRE_SECONDS": int(ACCESS_TOKEN_LIFETIME.total_seconds()),
    "AUTHORIZATION_CODE_EXPIRE_SECONDS": int(CODE_LIFETIME.total_seconds()),
    "REFRESH_TOKEN_EXPIRE_SECONDS": int(REFRESH_TOKEN_IDLE.total_seconds()),
    "ROTATE_REFRESH_TOKEN": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "REFRESH_TOKEN_GRACE_PERIOD_SECONDS": 0,
    "PKCE_REQUIRED": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https", "http"],
    "ALLOW_URI_WILDCARDS": False,
    "OIDC_RESPONSE_TYPES_SUPPORTED": ["code"],
    "OIDC_RP_INITIATED_LOGOUT_STRICT_REDIRECT_URIS": True,
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "COMPLIANT_BCP_RFC9700_REFRESH_TOKEN": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_MATCHING": True,
    "COMPLIANT_BCP_RFC9700_PKCE_REQUIRED": True,
}

"""Settings that contradict each other or weaken a deployment, found by `manage.py check --deploy`."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.utils.module_loading import import_string

MIN_KEY_LENGTH = 50


@register(Tags.security, deploy=True)
def secret_key_is_strong(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Every digest and every sealed signing key rests on the secret key."""
    if len(settings.SECRET_KEY) >= MIN_KEY_LENGTH and len(set(settings.SECRET_KEY)) >= 10:
        return []
    return [
        Error(
            "QLIKAUTH_SECRET_KEY is too weak.", hint="Use 50 random characters or more.", id="qlikauth.E001"
        )
    ]


@register(Tags.security, deploy=True)
def access_tokens_are_short(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """An access token cannot be called back from servers that do not introspect."""
    if settings.ACCESS_TOKEN_LIFETIME.total_seconds() <= 6 * 3600:
        return []
    return [
        Warning(
            "Access tokens live longer than six hours.",
            hint="Servers that do not introspect accept them until they expire: lower QLIKAUTH_ACCESS_TOKEN_SECONDS.",
            id="qlikauth.W001",
        )
    ]


@register(Tags.security, deploy=True)
def embedded_database_is_for_one_machine(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """SQLite is the embedded default; a public region wants PostgreSQL."""
    if not settings.EMBEDDED_DATABASE or settings.LOCAL_REGION:
        return []
    return [
        Warning(
            "A public region runs on the embedded database.",
            hint="Set DATABASE_URL to a PostgreSQL database.",
            id="qlikauth.W002",
        )
    ]


@register(Tags.security, deploy=True)
def somebody_ends_tls(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The server itself speaks plain http, and a public region answers that with a redirect to https."""
    if settings.LOCAL_REGION or settings.TRUSTED_PROXIES:
        return []
    return [
        Warning(
            "A public region trusts no proxy: every page redirects to itself, because no request counts as https.",
            hint="Set QLIKAUTH_TRUSTED_PROXIES to the number of reverse proxies in front of the server.",
            id="qlikauth.W003",
        )
    ]


@register(Tags.security, deploy=True)
def no_local_documents(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Documents of this machine are fetched for trials: whoever signs in can have these ports asked."""
    if not settings.METADATA_LOCAL_HOSTS:
        return []
    return [
        Warning(
            "Client ID metadata documents are fetched from this machine: "
            f"{', '.join(sorted(settings.METADATA_LOCAL_HOSTS))}.",
            hint="Leave QLIKAUTH_METADATA_LOCAL_HOSTS unset: it is for trials.",
            id="qlikauth.W004",
        )
    ]


@register()
def mail_has_a_backend(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A backend that does not exist would only be noticed by the person who waits for the mail."""
    try:
        import_string(settings.EMAIL_BACKEND)
    except ImportError:
        return [
            Error(
                f"QLIKAUTH_EMAIL_BACKEND names nothing that can be imported: {settings.EMAIL_BACKEND!r}.",
                hint="Leave it unset, and set QLIKAUTH_EMAIL_HOST to send mail through a server.",
                id="qlikauth.E003",
            )
        ]
    return []

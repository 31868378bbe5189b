"""Settings that contradict each other or weaken a deployment, found by `manage.py check --deploy`."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

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
def limits_are_positive(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A limit of 0 would make the console refuse everything."""
    return [
        Error(f"The limit {name} must be at least 1.", id="qlikauth.E002")
        for name, number in settings.LIMITS.items()
        if number < 1
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

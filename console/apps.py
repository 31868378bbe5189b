"""The one Django application of qlikauth."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "console"
    verbose_name = "qlikauth"

    def ready(self) -> None:
        from . import checks  # noqa: F401  registers the system checks
        from .mail import connection_requests  # noqa: F401  listens for what letters tell of

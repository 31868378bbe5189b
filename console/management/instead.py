"""Replacements for commands of Django and django-oauth-toolkit that do not work here: each names the one to use."""

from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser

UNDERSTOOD = {"-h", "--help", "--traceback"}


class Instead(BaseCommand):
    """A command that only prints its `help`, which names the command to use instead, and exits with 1."""

    help: str
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("arguments", nargs="*", help="not read")

    def run_from_argv(self, argv: list[str]) -> None:
        super().run_from_argv([*argv[:2], *(word for word in argv[2:] if word in UNDERSTOOD)])

    def handle(self, *args: Any, **options: Any) -> NoReturn:
        raise CommandError(self.help)

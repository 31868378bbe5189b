"""`manage.py show_client CLIENT_ID`."""

from typing import Any

from django.core.management.base import CommandParser

from console.management import descriptions
from console.management.operations import Operation, client_with


class Command(Operation):
    help = "Shows an OAuth client: its settings and the hints of its secrets."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("client_id", metavar="CLIENT_ID")

    def handle(self, *args: Any, **options: Any) -> None:
        result = descriptions.client_in_full(client_with(options["client_id"]))
        self.report(options, result, *descriptions.lines(result))

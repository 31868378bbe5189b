"""`manage.py disable_client CLIENT_ID`."""

from typing import Any

from django.core.management.base import CommandParser
from django_scopes import scope

from console.management.operations import OPERATOR, Operation, client_with


class Command(Operation):
    help = "Disables an OAuth client in every tenant: its tokens end at once. enable_client takes it back."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("client_id", metavar="CLIENT_ID")

    def handle(self, *args: Any, **options: Any) -> None:
        client = client_with(options["client_id"])
        with scope(tenant=client.tenant):
            receipt = client.disable(by=OPERATOR)
        result = {"client_id": client.client_id, "changed": receipt is not None}
        if receipt is None:
            self.report(options, result, f"{client.name} was disabled already.")
            return
        result |= receipt.details
        self.report(options, result, f"{client.name} is disabled. Sessions ended: {receipt.sessions}.")

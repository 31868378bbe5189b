"""`manage.py enable_client CLIENT_ID`."""

from typing import Any

from django.core.management.base import CommandParser
from django_scopes import scope

from console.management.operations import OPERATOR, Operation, client_with


class Command(Operation):
    help = "Lets a disabled OAuth client work again. What had ended stays ended."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("client_id", metavar="CLIENT_ID")

    def handle(self, *args: Any, **options: Any) -> None:
        client = client_with(options["client_id"])
        with scope(tenant=client.tenant):
            changed = client.enable(by=OPERATOR)
        told = f"{client.name} is enabled again." if changed else f"{client.name} was not disabled."
        self.report(options, {"client_id": client.client_id, "changed": changed}, told)

"""Operator's commands about one API of a tenant."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django_scopes import scope

from ..models import Api
from .operations import Operation, tenant_named


class ApiOperation(Operation):
    """A command that takes TENANT and IDENTIFIER. `carry_out` does its work, with the tenant active."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("tenant", metavar="TENANT", help="alias of the tenant that owns the API")
        parser.add_argument("identifier", metavar="IDENTIFIER", help="the aud of its tokens")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant, identifier = tenant_named(options["tenant"]), options["identifier"]
        with scope(tenant=tenant):
            api: Api | None = None
            if identifier.isprintable():
                api = Api.objects.filter(identifier=identifier).select_related("tenant").first()
            if api is None:
                raise CommandError(f"{tenant.name} has no API {identifier!r}.")
            self.carry_out(api, options)

    def carry_out(self, api: Api, options: dict[str, Any]) -> None:
        """What the command does."""
        raise NotImplementedError

    def changed(self, options: dict[str, Any], api: Api, changed: bool, line: str) -> None:
        """Reports an act, and whether it changed anything."""
        self.report(options, {"identifier": api.identifier, "changed": changed}, line)

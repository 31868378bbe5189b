"""`manage.py list_groups TENANT`."""

from typing import Any

from django.core.management.base import CommandParser
from django_scopes import scope

from console.management import descriptions
from console.management.listing import Listing
from console.management.operations import tenant_named
from console.models import Group


class Command(Listing):
    help = "Lists the groups of a tenant, with how many people are in each."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("tenant", metavar="TENANT", help="alias of the tenant")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_named(options["tenant"])
        with scope(tenant=tenant):
            self.show(options, "groups", Group.objects.all(), "name", descriptions.group)

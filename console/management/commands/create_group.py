"""`manage.py create_group TENANT NAME [--description TEXT]`."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django_scopes import scope

from console.management import descriptions
from console.management.operations import OPERATOR, Operation, printable, tenant_named
from console.models import Group, GroupNameTaken
from console.models.group import DESCRIPTION_LENGTH, NAME_LENGTH


class Command(Operation):
    help = "Creates a group of a tenant. set_user puts people into it."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("tenant", metavar="TENANT", help="alias of the tenant")
        parser.add_argument("name", metavar="NAME", help="as applications read it")
        parser.add_argument("--description", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_named(options["tenant"])
        name, description = printable("NAME", options["name"], NAME_LENGTH), options["description"]
        if description:
            description = printable("--description", description, DESCRIPTION_LENGTH)
        with scope(tenant=tenant):
            try:
                group = Group.create(tenant, name, by=OPERATOR, description=description)
            except GroupNameTaken:
                raise CommandError(f"There is already a group {name!r} in {tenant.name}.") from None
        self.report(options, descriptions.group(group), f"Created the group {group.name} in {tenant.name}.")

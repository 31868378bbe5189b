"""`manage.py create_tenant ALIAS --name NAME [--host HOST …]`."""

import re
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import IntegrityError

from console.management import descriptions
from console.management.operations import OPERATOR, Operation, host_of_a_tenant, printable
from console.models import Tenant
from console.policy.hosts import LABEL

ALIAS = re.compile(LABEL)


class Command(Operation):
    help = "Creates a tenant. The first HOST is canonical and makes its issuer; the others are aliases."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("alias", metavar="ALIAS", help="short name: letters, digits and hyphens")
        parser.add_argument("--name", required=True, help="the organisation's name")
        parser.add_argument(
            "--host", action="append", default=[], metavar="HOST", help="name[:port]; may be repeated"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        alias = options["alias"].lower()
        if not ALIAS.fullmatch(alias):  # it is the first label of the tenant's host, unless one is named
            raise CommandError("ALIAS may only have letters, digits and, between them, hyphens: at most 63.")
        name = printable("--name", options["name"])
        hosts = [host_of_a_tenant(host) for host in options["host"]]
        try:
            tenant = Tenant.create(alias, name, hosts, by=OPERATOR)
        except IntegrityError:
            raise CommandError("The alias or one of the hosts already belongs to a tenant.") from None
        hosts = descriptions.hosts(tenant)
        self.report(
            options,
            {"id": str(tenant.pk), "alias": tenant.alias, "hosts": hosts, "issuer": tenant.issuer},
            f"Created {tenant.name} ({tenant.alias}).",
            f"Issuer: {tenant.issuer}",
        )

"""What the operator's commands have in common: `--json`, and finding a tenant."""

import json
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Value
from django.db.models.functions import Lower

from ..http.tenancy import is_region_host
from ..models import Actor, Client, Group, Tenant, User
from ..models.group import CALLED, NAME_LENGTH
from ..policy import text
from ..policy.hosts import NotAHost, parse_host

OPERATOR = Actor.operator()


class Operation(BaseCommand):
    """A command that prints one JSON document with --json, or a few readable lines without."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Runs the command. A database that is away, or not migrated, is told of in a sentence.

        Nothing that it says steers a terminal, whoever wrote what it repeats.
        """
        try:
            return super().execute(*args, **options)
        except DatabaseError as error:
            raise CommandError(text.spelt_out(_in_words(error), text.LINE_BREAKS)) from error
        except CommandError as error:
            error.args = tuple(text.spelt_out(str(words), text.LINE_BREAKS) for words in error.args)
            raise

    def report(self, options: dict[str, Any], result: dict[str, Any], *lines: str) -> None:
        """Prints the outcome. Everything else belongs on standard error."""
        if options["json"]:
            self.stdout.write(json.dumps(result))
        else:
            for line in lines:
                self.stdout.write(text.spelt_out(line))


def _in_words(error: DatabaseError) -> str:
    """What an operator can do about an error of the database."""
    try:
        executor = MigrationExecutor(connection)
        unmigrated = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as away:
        return f"The database does not answer: {str(away).strip()}"
    if unmigrated:
        return "The database is not up to date: run manage.py migrate first."
    return f"The database refused: {str(error).strip()}"


def check_that_oauth_clients_are_supported() -> None:
    """Raises CommandError in a region without OAuth clients (S15): what only they need is left as it is."""
    if not settings.OAUTH_CLIENTS_SUPPORTED:
        raise CommandError("OAuth clients are not supported in this region (QLIKAUTH_OAUTH_CLIENTS is off).")


def tenant_named(alias: str) -> Tenant:
    """The tenant with this alias, however it is written; CommandError if there is none."""
    tenant = Tenant.objects.filter(alias=alias.lower()).first()
    if tenant is None:
        raise CommandError(f"There is no tenant {alias!r}.")
    return tenant


def user_with(tenant: Tenant, email: str) -> User:
    """The person of `tenant`, which is active, with this address; CommandError if there is none."""
    email = printable("EMAIL", email, 254).lower()
    user: User | None = User.objects.select_related("tenant").filter(email=email).first()
    if user is None:
        raise CommandError(f"{email} is no user of {tenant.name}.")
    return user


def group_named(user: User, name: str) -> Group:
    """The group of this person's tenant with this name, however it is capitalised; CommandError if there is none."""
    wanted = Lower(Value(printable("NAME", name, NAME_LENGTH)))
    group: Group | None = Group.objects.annotate(called=CALLED).filter(called=wanted).first()
    if group is None:
        raise CommandError(f"There is no group {name!r} in {user.tenant.name}.")
    return group


def client_with(client_id: str) -> Client:
    """The client with this ID, whichever tenant owns it; CommandError if there is none, or it is deleted."""
    clients = Client.with_deleted_anywhere.select_related("tenant")
    client: Client | None = None
    if client_id.isprintable():
        client = clients.filter(client_id=client_id, deleted_at=None).first()
    if client is None:
        raise CommandError(f"There is no client {client_id!r}.")
    return client


def host_of_a_tenant(raw: str) -> str:
    """The normal form of a tenant's host; CommandError for an invalid one, and for the region host."""
    try:
        host = parse_host(raw)
    except NotAHost as error:
        raise CommandError(str(error)) from None
    if is_region_host(host):
        raise CommandError(f"{host!r} is the region host, which belongs to no tenant.")
    return host


def printable(what: str, value: str, most: int = 255) -> str:
    """A name that people will read, as a form of the console takes it. CommandError if it is empty, too long, or has
    something hidden in it or nothing to see."""
    value = text.name(value.strip())
    if not 1 <= len(value) <= most:
        raise CommandError(f"{what} must have 1 to {most} printable characters.")
    try:
        text.check_name(value)
    except text.InvalidText as refused:
        raise CommandError(f"{what}: {refused}") from None
    return value


def read_stdin(what: str) -> str:
    """A secret from standard input, without the line end. Never from an argument: those show in process lists."""
    try:
        value = sys.stdin.readline().rstrip("\r\n")
        value.encode()  # a stream in another encoding is read with stand-ins that nothing can store
    except UnicodeError:
        raise CommandError(f"The {what} on standard input is not in UTF-8.") from None
    if not value:
        raise CommandError(f"No {what} came on standard input.")
    return value


def read_line_of_stdin(what: str, most: int) -> str:
    """The first line of standard input as it is, spaces included; what follows must be nothing."""
    try:
        value = sys.stdin.read(most + 3)
        value.encode()
    except UnicodeError:
        raise CommandError(f"The {what} on standard input is not in UTF-8.") from None
    value = value.removesuffix("\n").removesuffix("\r")
    if not value:
        raise CommandError(f"No {what} came on standard input.")
    return value


def read_all_of_stdin(what: str, most: int) -> str:
    """A text of several lines from standard input. Of a longer one so much comes that whoever reads it can tell."""
    try:
        value = sys.stdin.read(most + 1).strip()
        value.encode()
    except UnicodeError:
        raise CommandError(f"The {what} on standard input is not in UTF-8.") from None
    if not value:
        raise CommandError(f"No {what} came on standard input.")
    return value

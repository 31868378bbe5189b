"""`manage.py move_database`: a region that began on SQLite goes on with PostgreSQL."""

import os
import subprocess
import sys
from typing import Any
from urllib.parse import quote

import psycopg
from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError, OperationalError

from console.management import moving
from console.management.operations import Operation

VARIABLE = "QLIKAUTH_NEW_DATABASE_URL"
AGAIN = "Nothing was copied, and SQLite is as it was: run the command again to begin anew."


class Command(Operation):
    help = (
        f"Copies the embedded database (SQLite) into the empty PostgreSQL database that {VARIABLE} names. "
        "Stop the server first. SQLite stays as it is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("arguments", nargs="*", help="none: the address may hold a password")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["arguments"]:
            raise CommandError(
                "The address may hold a password, and everybody on the machine can read a command's arguments. "
                f"Set {VARIABLE} to it instead."
            )
        if settings.NEW_DATABASE is None:
            raise CommandError(f"Set {VARIABLE} to the address of an empty PostgreSQL database.")
        target = moving.new_database(settings.NEW_DATABASE)
        tell = (lambda line: None) if options["json"] else self.stdout.write
        try:
            moved = self._move(target, tell)
        except moving.CannotMove as reason:
            raise CommandError(str(reason)) from None
        except KeyboardInterrupt:
            raise CommandError(f"Interrupted. {AGAIN}") from None
        except (DatabaseError, psycopg.Error) as error:
            raise CommandError(f"{moving.first_line(error)} {AGAIN}") from None
        finally:
            target.close()
        result = {"tables": moved.tables, "rows": moved.rows, "replaced": moved.replaced}
        self.report(options, result, *self._next_steps(moved))

    @staticmethod
    def _move(target: Any, tell: Any) -> moving.Moved:
        moving.check_source()
        try:
            moving.check_target(target)
        except OperationalError as error:
            raise moving.CannotMove(f"The new database does not answer: {moving.first_line(error)}") from None
        tell("Preparing the tables")
        _migrate_target()
        moving.check_same_migrations(target)
        return moving.copy_to(target, tell)

    @staticmethod
    def _next_steps(moved: moving.Moved) -> list[str]:
        """What the operator reads afterwards. No password and no key is in it."""
        lines = [f"Copied {moved.rows:,} rows. SQLite is as it was."]
        if moved.replaced:
            lines.append(
                f"In {moved.replaced:,} rows a character that PostgreSQL cannot keep is now {moving.REPLACEMENT}."
            )
        lines += [
            "Before the server starts again, set:",
            f"  DATABASE_URL         what {VARIABLE} is now: {_without_password(settings.NEW_DATABASE)}",
        ]
        if os.environ.get("QLIKAUTH_SECRET_KEY", "").strip():
            lines.append("  QLIKAUTH_SECRET_KEY  as it is: it opens what is sealed in the database")
        else:
            lines.append(
                f'  QLIKAUTH_SECRET_KEY  the key beside SQLite: "$(cat {settings.VAR_DIR / "secret_key"})"'
            )
        return lines


def _migrate_target() -> None:
    """Makes the tables in the new database: a process of its own, for which it is the only one. Migrations that carry
    data over speak to the database of the settings."""
    environment = os.environ | {
        "DATABASE_URL": os.environ[VARIABLE],
        "QLIKAUTH_SECRET_KEY": settings.SECRET_KEY,
    }
    migrated = subprocess.run(  # noqa: S603  our own program, no shell
        [sys.executable, str(settings.BASE_DIR / "manage.py"), "migrate", "--no-input", "--verbosity", "0"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if migrated.returncode:
        said = migrated.stderr.strip().splitlines()
        raise moving.CannotMove(f"The tables could not be made: {said[-1] if said else 'no reason is known'}")


def _without_password(database: dict[str, Any] | None) -> str:
    database = database or {}
    user = f"{quote(database['USER'])}@" if database.get("USER") else ""
    if database.get("PASSWORD"):
        user = f"{quote(database['USER'])}:…@"
    port = f":{database['PORT']}" if database.get("PORT") else ""
    return f"postgresql://{user}{quote(database.get('HOST', ''), safe='')}{port}/{quote(database.get('NAME', ''))}"

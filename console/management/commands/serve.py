"""`manage.py serve`: runs the application server in this process's place."""

import os
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from console.management import server


class Command(BaseCommand):
    help = "Collects the static files and serves. Migrations are yours to run first: manage.py migrate."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument(
            "--workers", type=int, default=server.default_workers(), help="processes (default: cores)"
        )
        parser.add_argument("--threads", type=int, default=4, help="threads of each process (default 4)")

    def handle(self, *args: Any, **options: Any) -> None:
        for option in ("workers", "threads"):
            if options[option] < 1:
                raise CommandError(f"--{option} must be at least 1.")
        server.check_free(options["host"], options["port"])
        call_command("collectstatic", interactive=False, verbosity=0)
        argv = server.command(
            host=options["host"], port=options["port"], workers=options["workers"], threads=options["threads"]
        )
        os.chdir(settings.BASE_DIR)
        os.execv(argv[0], argv)  # noqa: S606  our own interpreter, no shell

"""`manage.py expire`: removes what has expired, and finishes what acts have left to be done row by row.

It also tells administrators by mail of client secrets that expire soon.

Safe to run at any time, and by several schedulers at once. Servers do the same by themselves (QLIKAUTH_EXPIRE_MINUTES).
"""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from console.management import expiry
from console.management.operations import Operation
from console.models.expiry_run import ImplausibleClock
from console.policy import text


class Command(Operation):
    help = "Removes expired codes, tokens, sessions, assertions and keys, in batches."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--batch",
            type=int,
            default=expiry.BATCH,
            help=f"rows in one transaction (default {expiry.BATCH}, at most 10000)",
        )
        parser.add_argument(
            "--seconds",
            type=float,
            help="stop after this time, between two batches; the rest is left to the next run",
        )
        parser.add_argument(
            "--trust-clock",
            action="store_true",
            help="with SQLite: this machine's clock is right, however far it is ahead of the last run",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["batch"] <= 10_000:
            raise CommandError("--batch must be a number from 1 to 10000.")
        if options["seconds"] is not None and not options["seconds"] > 0:
            raise CommandError("--seconds must be more than 0.")
        try:
            summary = expiry.run(
                batch=options["batch"],
                seconds=options["seconds"],
                trust_clock=options["trust_clock"],
                tell=lambda line: self.stderr.write(text.spelt_out(line)),
            )
        except ImplausibleClock as error:
            raise CommandError(
                f"{error} Nothing was removed. If it is right, run it with --trust-clock."
            ) from None
        self.report(
            options,
            summary.as_json,
            *(f"{what}: {number}" for what, number in summary.removed.items() if number),
            *([f"acts_finished: {summary.acts_finished}"] if summary.acts_finished else []),
            *([f"secrets_announced: {summary.secrets_announced}"] if summary.secrets_announced else []),
            *(["Time was up: run it again for the rest."] if not summary.finished else []),
        )
        if summary.failed:
            raise CommandError(f"Failed: {', '.join(summary.failed)}. Everything else was done.")

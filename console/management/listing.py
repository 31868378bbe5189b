"""Lists of the operator's commands: a page at a time, so that a region of any size is listed."""

from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db.models import QuerySet

from .operations import Operation

USUAL, MOST = 100, 1000
Row = dict[str, Any]


class Listing(Operation):
    """A command that prints rows in the order of a unique text: `--limit` of them, `--after` the last one seen.

    The JSON has `next`: what `--after` takes for the following page, null on the last one.
    """

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--limit", type=int, default=USUAL, help=f"rows, 1 to {MOST} (usually {USUAL}); follow --after"
        )
        parser.add_argument("--after", default="", metavar="KEY", help="go on after this row")

    def show(
        self,
        options: dict[str, Any],
        what: str,
        rows: "QuerySet[Any]",
        key: str,
        described: Callable[[Any], Row],
    ) -> None:
        """Prints one page of `rows`. `key` is the unique column of their order, and a member of what is `described`."""
        if not 1 <= options["limit"] <= MOST:
            raise CommandError(f"--limit must be a number from 1 to {MOST}.")
        if "\0" in options["after"]:
            raise CommandError("--after must be what the last page named.")
        further = rows.filter(**{f"{key}__gt": options["after"]}).order_by(key)
        found = [described(row) for row in further[: options["limit"] + 1]]
        page = found[: options["limit"]]
        following = page[-1][key] if len(found) > len(page) else None
        lines = [_line(row) for row in page]
        if following is not None:
            lines.append(f"There are more: --after {following}")
        self.report(options, {what: page, "next": following}, *lines)


def _line(row: Row) -> str:
    """One row as words: the names of switches that are on, and all other values."""
    words = [
        name if value is True else value for name, value in row.items() if value not in (False, None, "")
    ]
    return "  ".join(", ".join(map(str, word)) if isinstance(word, list) else str(word) for word in words)

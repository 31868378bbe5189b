"""Lists for programs and spreadsheets: CSV, or one JSON object a line."""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone

from ..http.tenancy import current_tenant

FORMATS = frozenset({"csv", "jsonl"})
BYTE_ORDER_MARK = "\ufeff"  # without it spreadsheets take UTF-8 for something else, and spoil å, ä and ö
# What a spreadsheet would take for a formula (OWASP, CSV injection): at the beginning of a cell, and behind a semicolon
# or a line end, where some split cells. Full width counts too.
FORMULA = re.compile(r"""(^|[;\t\r\n])(["'\s]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n])""")


def download(
    name: str, kind: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]
) -> StreamingHttpResponse:
    """The rows as a file of this format, written as they are read. `name` says what they are; its file's name also
    says whose and of which day."""
    if kind == "csv":
        response = StreamingHttpResponse(_csv(columns, rows), content_type="text/csv; charset=utf-8")
    else:
        response = StreamingHttpResponse(_json_lines(rows), content_type="application/jsonl; charset=utf-8")
    file_name = f"{current_tenant().alias}-{name}-{timezone.now():%Y-%m-%d}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    response["Cache-Control"] = "no-store"
    return response


class _Echo:
    """A file that hands back what is written to it, so that each line leaves as it is made."""

    def write(self, text: str) -> str:
        return text


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield BYTE_ORDER_MARK + writer.writerow(columns)
    for row in rows:
        yield writer.writerow([_cell(row[name]) for name in columns])


def _cell(value: Any) -> Any:
    """A cell that no spreadsheet runs: an apostrophe stands before what would begin a formula."""
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
    return FORMULA.sub(r"\1'\2", text)


def _json_lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for row in rows:
        yield json.dumps(row, ensure_ascii=False) + "\n"

"""The page after a destructive act: what ended, and until when tokens that are out may still be accepted (N7)."""

from collections.abc import Iterable

from django.http import HttpResponse

from ..models import Receipt
from ..requests import PageRequest
from . import fragments

CHANGED = "clients-changed"  # makes an open list of clients fetch itself again


def shown(
    request: PageRequest,
    title: str,
    receipt: Receipt | None,
    *,
    back: str,
    text: str = "",
    section: str = "clients",
) -> HttpResponse:
    """Shows the receipt instead of leading on; `back` is where "Done" leads to.

    Without a receipt it says that somebody else had done it already. `text` is a sentence of the act's own.
    """
    context = {"title": title, "receipt": receipt, "back": back, "text": text, "section": section}
    response = fragments.dialog(request, "receipts/shown.html", context)
    response["Cache-Control"] = "no-store"
    response["HX-Trigger"] = CHANGED
    return response


def together(receipts: Iterable[Receipt | None]) -> Receipt | None:
    """One receipt for several acts; None if none of them ended anything that others had not ended before."""
    given = [receipt for receipt in receipts if receipt is not None]
    if not given:
        return None
    until = [receipt.accepted_until for receipt in given if receipt.accepted_until]
    return Receipt(sum(receipt.sessions for receipt in given), max(until, default=None))

"""The page after a destructive act: what ended, and until when tokens that are out may still be accepted (N7)."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ..access import needs
from ..models import Receipt, UnfinishedAct
from ..policy.roles import Permission
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
    unfinished = [receipt.unfinished for receipt in given if receipt.unfinished]
    return Receipt(
        sum(receipt.sessions for receipt in given), max(until, default=None), next(iter(unfinished), None)
    )


@needs(Permission.OWN_ACCOUNT)
@require_safe
def progress(request: PageRequest, act_id: UUID) -> HttpResponse:
    """How far an act has come: for those who read the console, and for the person whose own sessions it ends."""
    act: UnfinishedAct = get_object_or_404(UnfinishedAct, pk=act_id)
    if not request.user.may(Permission.READ_CONSOLE) and act.user_id != request.user.pk:
        raise Http404
    context: dict[str, Any] = {"receipt": act.receipt}
    if request.htmx:
        return render(request, "components/receipt.html", context)
    reader = request.user.may(Permission.READ_CONSOLE)
    context |= {
        "title": _("What is ending"),
        "back": reverse("clients" if reader else "account_applications"),
        "section": "clients" if reader else "account_applications",
    }
    return fragments.dialog(request, "receipts/shown.html", context)

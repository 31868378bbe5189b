"""The page after a destructive act: what ended, and until when tokens that are out may still be accepted (N7)."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ..http.access import needs
from ..http.requests import PageRequest
from ..models import Receipt, UnfinishedAct
from ..policy.roles import Permission
from . import fragments

OWN = "account_applications"  # the section of a person's own pages: receipts there are in words for a person
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
    context: dict[str, Any] = {"title": title, "receipt": receipt, "back": back, "text": text}
    context |= {"section": section, "personal": section == OWN}
    response = fragments.dialog(request, "receipts/shown.html", context)
    response["Cache-Control"] = "no-store"
    response["HX-Trigger"] = CHANGED
    return response


def together(receipts: Iterable[Receipt | None]) -> Receipt | None:
    """One receipt for several acts; None if none of them ended anything that others had not ended before."""
    given = [receipt for receipt in receipts if receipt is not None]
    return Receipt.together(given) if given else None


@needs(Permission.OWN_ACCOUNT)
@require_safe
def progress(request: PageRequest) -> HttpResponse:
    """The progress of acts: for readers of the console, and for the person whose sessions they end."""
    reader = request.user.may(Permission.READ_CONSOLE)
    try:
        asked = {UUID(value) for value in request.GET.getlist("act")}
    except ValueError:
        raise Http404 from None
    acts = list(UnfinishedAct.objects.filter(pk__in=asked).select_related("client"))
    if (
        not acts
        or len(acts) < len(asked)
        or not (reader or all(act.user_id == request.user.pk for act in acts))
    ):
        raise Http404
    # Whoever reads the console may end sessions of their own too: those they read about as the person they are.
    own = all(act.user_id == request.user.pk for act in acts)
    context: dict[str, Any] = {"receipt": Receipt.together(act.receipt for act in acts), "personal": own}
    if request.htmx:
        return render(request, "components/receipt.html", context)
    context |= {
        "title": _("Ending access"),
        "back": reverse(OWN if own else "clients"),
        "section": OWN if own else "clients",
    }
    return fragments.dialog(request, "receipts/shown.html", context)

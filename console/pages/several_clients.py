"""Disabling and enabling several clients in one step, each as it is done alone (S5, P7, N7, N9)."""

from collections.abc import Iterator

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from ..http.access import needs
from ..http.requests import PageRequest
from ..http.sessions import actor
from ..policy.roles import Permission
from . import fragments, receipts
from .chosen_clients import Chosen, already_gone, asked, back, refused
from .client_lookup import back_to_list
from .client_reach import endings

pages = require_http_methods(["GET", "HEAD", "POST"])


@needs(Permission.MANAGE_CLIENTS)
@pages
def disable(request: PageRequest) -> HttpResponse:
    """Stops own clients at once, after one confirmation that says what ends. Those of other tenants are left out."""
    ids = asked(request)
    if answer := refused(request, ids, _("Choose the clients to disable first.")):
        return answer
    chosen = Chosen.of(ids)
    enabled = [client for client in chosen.clients if client.is_enabled]
    if request.method == "POST":
        # Each in a transaction of its own: an error with one does not bring back those before it.
        ended = [receipt for client in enabled if (receipt := client.disable(by=actor(request)))]
        return receipts.shown(
            request,
            _disabled(len(ended)),
            receipts.together(ended),
            back=back_to_list(request),
            text=_("They can’t get tokens until you enable them.") if ended else "",
        )
    left_out = list(_left_out(chosen, disabling=True))
    if not enabled:
        return back(request, " ".join(left_out))
    title = ngettext("Disable %(number)d client?", "Disable %(number)d clients?", len(enabled))
    context = {
        "title": title % {"number": len(enabled)},
        "endings": endings(enabled),
        "left_out": left_out,
        "section": "clients",
    }
    return fragments.dialog(request, "clients/disable_several.html", context)


@needs(Permission.MANAGE_CLIENTS)
@pages
def enable(request: PageRequest) -> HttpResponse:
    """Lets disabled own clients work again."""
    ids = asked(request)
    if answer := refused(request, ids, _("Choose the clients to enable first.")):
        return answer
    chosen = Chosen.of(ids)
    disabled = [client for client in chosen.clients if not client.is_enabled]
    left_out = list(_left_out(chosen, disabling=False))
    if not disabled:
        return back(request, " ".join(left_out))
    if request.method == "POST":
        done = sum(client.enable(by=actor(request)) for client in disabled)
        text = ngettext("%(number)d client is enabled again.", "%(number)d clients are enabled again.", done)
        messages.success(request, text % {"number": done})
        return fragments.done(request, back_to_list(request))
    title = ngettext("Enable %(number)d client?", "Enable %(number)d clients?", len(disabled))
    context = {
        "title": title % {"number": len(disabled)},
        "clients": disabled,
        "left_out": left_out,
        "section": "clients",
    }
    return fragments.dialog(request, "clients/enable_several.html", context)


def _disabled(number: int) -> str:
    """The heading of the receipt."""
    if not number:
        return _("There was nothing to disable")
    return ngettext("%(number)d client disabled", "%(number)d clients disabled", number) % {"number": number}


def _left_out(chosen: Chosen, *, disabling: bool) -> Iterator[str]:
    """A sentence for each reason why some of those that were chosen are not touched."""
    already = {"number": sum(client.is_enabled is not disabling for client in chosen.clients)}
    outside = {"number": len(chosen.connections)}
    if already["number"] and disabling:
        text = ngettext(
            "%(number)d is already disabled.", "%(number)d are already disabled.", already["number"]
        )
        yield text % already
    elif already["number"]:
        text = ngettext(
            "%(number)d is already enabled.", "%(number)d are already enabled.", already["number"]
        )
        yield text % already
    if outside["number"] and disabling:
        text = ngettext(
            "%(number)d outside client is left out. Block it instead.",
            "%(number)d outside clients are left out. Block them instead.",
            outside["number"],
        )
        yield text % outside
    elif outside["number"]:
        text = ngettext(
            "%(number)d outside client is left out. Only its publisher can enable it.",
            "%(number)d outside clients are left out. Only their publishers can enable them.",
            outside["number"],
        )
        yield text % outside
    if chosen.gone:
        yield already_gone(chosen.gone)

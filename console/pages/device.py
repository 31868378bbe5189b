"""`/device`: a person lets in a device that has no browser, by the code that it shows (RFC 8628 §3.3, §5.4).

The code is entered, or comes with the address and must still be confirmed. Then it belongs to this person alone, and
the page says who asks, from where and for what. Nothing can be answered that this person has not entered.
"""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ..http import sessions
from ..http.access import needs
from ..http.addresses import DEVICE_PATH
from ..http.requests import PageRequest
from ..models import DeviceAuthorization, NotAnswerable, NotConnected
from ..oauth import authorization, device_approval
from ..oauth.authorization_request import Unanswerable
from ..oauth.device_approval import AskingDevice
from ..policy import device_codes, scopes
from ..policy.roles import Permission
from .authorization import refusal
from .authorization.consent import how_long
from .device_attempts import CodeAttempt
from .scope_words import grouped
from .sign_in_attempts import later

Status = DeviceAuthorization.Status


@needs(Permission.OWN_ACCOUNT)
@require_http_methods(["GET", "HEAD", "POST"])
def device(request: PageRequest) -> HttpResponse:
    """Asks for the code of a device; with `request` in the address, about the device whose code was entered."""
    if "request" in request.GET:
        return _of_entered(request, request.GET["request"])
    if request.method != "POST":
        return _ask_for_code(request, request.GET.get("user_code", ""))
    return _entered(request)


# --- The code --------------------------------------------------------------------------------------------------------


def _ask_for_code(request: PageRequest, typed: str, *, problem: str = "", status: int = 200) -> HttpResponse:
    """The page with the field, or with the code that stood in the address: a link alone never decides anything."""
    code = device_codes.read(typed)
    confirms = bool(code) and request.method != "POST"
    context = {
        "title": _("Is this the code on your device?") if confirms else _("Connect a device"),
        "code": device_codes.shown(code) if code else typed[: device_codes.MOST_TYPED],
        "confirms": confirms,
        "problem": problem,
    }
    return render(request, "device/code.html", context, status=status)


def _entered(request: PageRequest) -> HttpResponse:
    typed = request.POST.get("user_code", "")
    if device_codes.read(typed) is None:  # nobody has to be kept from trying what cannot be a code
        problem = _("A code has 8 letters, without vowels. Check it on your device.")
        return _ask_for_code(request, typed, problem=problem, status=422)
    attempt = CodeAttempt(request)
    if too_many := attempt.begin():
        attempt.refused(too_many)
        response = _ask_for_code(request, typed, problem=later(too_many, known=True), status=429)
        response["Retry-After"] = str(too_many.seconds)
        return response
    asked = DeviceAuthorization.enter(request.user, typed)
    if asked is None:
        attempt.failed()
        problem = _(
            "This code is unknown, or it has expired or was used. Check it, or get a new one on your device."
        )
        return _ask_for_code(request, typed, problem=problem, status=422)
    attempt.succeeded()
    return _see_other(_address_of(asked, asked.shown_code(typed)))


# --- The answer ------------------------------------------------------------------------------------------------------


def _of_entered(request: PageRequest, name: str) -> HttpResponse:
    """The question about a device, or what was answered. 404 for one whose code this person has not entered."""
    try:
        asked = DeviceAuthorization.entered_by(request.user, UUID(name))
    except ValueError:
        asked = None
    if asked is None:
        raise Http404
    decision = request.POST.get("decision", "") if request.method == "POST" else ""
    if asked.status != Status.PENDING or asked.has_expired:
        return _receipt(request, asked) if request.method != "POST" else _see_other(_address_of(asked))
    if decision == "leave":
        asked.leave()
        return _see_other(f"{resolve_url('login')}?{urlencode({'switch': '1', 'next': DEVICE_PATH})}")
    try:
        found = device_approval.judged(request, asked)
    except Unanswerable as why:
        return refusal.page(request, authorization.refused(request, why).why, status=400)
    return _answered(request, found, decision)


def _answered(request: PageRequest, found: AskingDevice, decision: str) -> HttpResponse:
    shown = device_approval.shown(request, found)
    is_good = shown.is_answered_by(request.POST.get("shown", ""))
    try:
        if decision == "deny":  # counts also when the page has changed since
            found.asked.deny(found.client, found.scopes, by=sessions.actor(request))
        elif decision == "allow" and is_good:
            device_approval.allow(request, found)
        else:
            return _question(request, found, token=shown.token(), changed=decision == "allow")
    except (NotAnswerable, NotConnected):  # decided by a concurrent act: it is seen there
        pass
    return _see_other(_address_of(found.asked))


def _question(request: PageRequest, found: AskingDevice, *, token: str, changed: bool) -> HttpResponse:
    code = found.asked.shown_code(request.GET.get("user_code", ""))
    context = {
        "title": _("Allow a device?"),
        "client": found.client,
        "publisher": found.client.publisher,
        "account": request.user,
        "device": found.asked,
        "code": code,
        "groups": grouped(scopes.roots(found.scopes)),
        "shown": token,
        "changed": changed,
        "full_path": _address_of(found.asked, code),
        **how_long(found.scopes),
    }
    return render(request, "device/confirm.html", context)


def _receipt(request: PageRequest, asked: DeviceAuthorization) -> HttpResponse:
    allowed = asked.status in {Status.ALLOWED, Status.USED}
    if allowed:
        title = _("You can go back to your device")
    elif asked.status == Status.DENIED:
        title = _("The device was not let in")
    else:
        title = _("The code has expired")
    context = {"title": title, "client": asked.client, "allowed": allowed, "status": asked.status}
    return render(request, "device/receipt.html", context)


def _address_of(asked: DeviceAuthorization, code: str = "") -> str:
    """Where it is asked about and answered. The code is only there to be compared with the one on the device."""
    query = {"request": str(asked.pk)} | ({"user_code": code} if code else {})
    return f"{DEVICE_PATH}?{urlencode(query)}"


def _see_other(address: str) -> HttpResponse:
    response = redirect(address)
    response.status_code = 303
    return response

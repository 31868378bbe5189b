"""`/oauth/logout`: the person is signed out, or asked whether they want to be (RP-Initiated Logout 1.0)."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from ...http import sessions
from ...http.access import open_to
from ...http.addresses import LOGOUT_PATH
from ...http.browser_rules import allow_form_targets
from ...http.requests import TenantRequest
from ...oauth import logout as protocol
from ...oauth import parameters
from ...oauth.delivery import as_link, leave
from ...oauth.errors import OAuthError
from ...oauth.logout import LogoutRequest
from ...policy import text
from ...policy.reasons import Reason

LONGEST_ADDRESS = 512  # characters of one that is not registered, as it is kept and shown


@open_to("anyone: without a genuine hint about the person who is signed in, that person is asked")
@require_http_methods(["GET", "HEAD", "POST"])
@csrf_exempt  # an application may POST its request (RP-Initiated Logout §2); the person's own answer is protected below
@never_cache
def logout(request: TenantRequest) -> HttpResponse:
    """Signs the person out when the hint is about them, asks when it is not, and goes back if that is registered."""
    plain_form = request.method == "POST" and request.content_type == parameters.FORM
    if plain_form and "decision" in request.POST:  # a body of any other kind is judged before it is touched
        return confirmed(request)
    if request.method == "POST":
        try:
            return as_link(request, LOGOUT_PATH)
        except OAuthError as error:
            return _refused(request, LogoutRequest(None, None, None, refused=error.description))
    asked = protocol.read(request)
    if asked.refused:
        return _refused(request, asked)
    if request.user.is_authenticated and asked.subject != str(request.user.pk):
        page = render(request, "logout/confirm.html", {"asked": asked})
        if asked.return_to:
            allow_form_targets(page, asked.return_to)
        return page
    return _sign_out(request, asked)


@csrf_protect
def confirmed(request: TenantRequest) -> HttpResponse:
    """The person was asked and said yes."""
    asked = protocol.read(request)
    return _refused(request, asked) if asked.refused else _sign_out(request, asked)


def _refused(request: TenantRequest, asked: LogoutRequest) -> HttpResponse:
    return render(request, "logout/refused.html", {"asked": asked}, status=400)


def _sign_out(request: TenantRequest, asked: LogoutRequest) -> HttpResponse:
    """Ends the session. A redirect that is not registered is withheld, and no reason to stay signed in (§2, §3)."""
    if asked.withheld:
        return _signed_out_here(request, asked)
    sessions.end(request)
    if asked.return_to is not None:
        return leave(request, asked.return_to)
    response = redirect("logout")
    response.status_code = 303 if request.method == "POST" else 302
    return response


def _signed_out_here(request: TenantRequest, asked: LogoutRequest) -> HttpResponse:
    address = text.spelt_out(asked.withheld[:LONGEST_ADDRESS])
    named = {"client_id": asked.client.client_id} if asked.client else {}
    sessions.end(request, reason=Reason.SIGN_OUT_URL_MISMATCH, post_logout_redirect_uri=address, **named)
    return render(request, "logout/withheld.html", {"asked": asked, "address": address})

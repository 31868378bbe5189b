"""`/oauth/logout`: RP-Initiated Logout 1.0. An application asks that the person be signed out here as well."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from ..http import sessions
from ..http.access import open_to
from ..http.addresses import LOGOUT_PATH
from ..http.browser_rules import allow_form_targets
from ..http.requests import TenantRequest
from ..models import Connection
from ..policy import text
from ..policy.effective_client import EffectiveClient
from . import id_tokens, parameters
from .delivery import leave, with_answer
from .errors import OAuthError
from .parameters import Parameters

LONGEST_ADDRESS = 512  # characters of one that is not registered, as it is kept and shown


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """What the application asks: on whose behalf (a hint), and where to go afterwards."""

    client: EffectiveClient | None
    subject: str | None  # of a genuine id_token_hint
    return_to: str | None  # registered, with state; None means a page of ours
    withheld: str = ""  # where it asked to go, when that is not registered
    refused: str = ""  # why the request cannot be followed


@open_to("anyone: without a genuine hint about the person who is signed in, that person is asked")
@require_http_methods(["GET", "HEAD", "POST"])
@csrf_exempt  # an application may POST its request (RP-Initiated Logout §2); the person's own answer is protected below
@never_cache
def logout(request: TenantRequest) -> HttpResponse:
    """Signs the person out when the hint is about them, asks when it is not, and goes back if that is registered."""
    plain_form = request.method == "POST" and request.content_type == parameters.FORM
    if plain_form and "decision" in request.POST:  # a body of any other kind is judged before it is touched
        return confirmed(request)
    try:
        if (
            request.method == "POST"
        ):  # from another site, without our cookie: goes on as a link, which carries it
            response = redirect(f"{LOGOUT_PATH}?{urlencode(parameters.body(request))}")
            response.status_code = 303
            return response
        asked = _read(request, parameters.query(request))
    except OAuthError as error:
        asked = LogoutRequest(None, None, None, refused=error.description)
    if asked.refused:
        return render(request, "logout/refused.html", {"asked": asked}, status=400)
    if request.user.is_authenticated and asked.subject != str(request.user.pk):
        page = render(request, "logout/confirm.html", {"asked": asked})
        if asked.return_to:
            allow_form_targets(page, asked.return_to)
        return page
    return _sign_out(request, asked)


@csrf_protect
def confirmed(request: TenantRequest) -> HttpResponse:
    """The person was asked and said yes."""
    try:
        asked = _read(request, parameters.query(request))
    except OAuthError as error:
        asked = LogoutRequest(None, None, None, refused=error.description)
    if asked.refused:
        return render(request, "logout/refused.html", {"asked": asked}, status=400)
    return _sign_out(request, asked)


def _read(request: TenantRequest, sent: Parameters) -> LogoutRequest:
    hint = sent.get("id_token_hint")
    claims = id_tokens.recognise(request.tenant, hint) if hint is not None else None
    # A hint that nothing proves any more names a client, as client_id does, and no person: whoever is here is asked.
    named = claims or (id_tokens.outlived_its_key(request.tenant, hint) if hint is not None else None)
    if hint is not None and named is None:
        return LogoutRequest(None, None, None, refused="hint")
    if sent.repeated:
        return LogoutRequest(None, None, None, refused="repeated")
    client_id = sent.get("client_id") or (named["aud"] if named else "")
    if named and client_id != named["aud"]:
        return LogoutRequest(None, None, None, refused="client")
    client = Connection.to_client(request.tenant, client_id) if client_id and "\0" not in client_id else None
    subject = claims["sub"] if claims else None
    return_to = sent.get("post_logout_redirect_uri")
    if return_to is None:
        return LogoutRequest(client, subject, None)
    if client is None or not client.allows_post_logout_redirect_uri(return_to):
        return LogoutRequest(client, subject, None, withheld=return_to)
    if "state" in sent:
        return_to = with_answer(return_to, [("state", sent["state"])])
    return LogoutRequest(client, subject, return_to)


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
    sessions.end(request, reason="sign_out_url_mismatch", post_logout_redirect_uri=address, **named)
    return render(request, "logout/withheld.html", {"asked": asked, "address": address})

"""`/oauth/logout`: RP-Initiated Logout 1.0. An application asks that the person be signed out here as well."""

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods
from oauth2_provider.http import OAuth2ResponseRedirect
from oauthlib.common import add_params_to_uri

from .. import sessions
from ..access import open_to
from ..browser_rules import allow_form_targets
from ..metadata import LOGOUT_PATH
from ..models import Client
from ..requests import TenantRequest
from . import id_tokens, parameters
from .errors import OAuthError
from .parameters import Parameters


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """What the application asks: on whose behalf (a hint), and where to go afterwards."""

    client: Client | None
    subject: str | None  # of a genuine id_token_hint
    return_to: str | None  # registered, with state; None means a page of ours
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
    if hint is not None and claims is None:
        return LogoutRequest(None, None, None, refused="hint")
    if sent.repeated:
        return LogoutRequest(None, None, None, refused="repeated")
    client_id = sent.get("client_id") or (claims["aud"] if claims else "")
    if claims and client_id != claims["aud"]:
        return LogoutRequest(None, None, None, refused="client")
    client = Client.connected_to(request.tenant, client_id) if client_id and "\0" not in client_id else None
    return_to = sent.get("post_logout_redirect_uri")
    if return_to is not None:
        if client is None or not client.post_logout_redirect_uri_allowed(return_to):
            return LogoutRequest(client, None, None, refused="return_to")
        if "state" in sent:
            return_to = add_params_to_uri(return_to, [("state", sent["state"])])
    return LogoutRequest(client, claims["sub"] if claims else None, return_to)


def _sign_out(request: TenantRequest, asked: LogoutRequest) -> HttpResponse:
    sessions.end(request)
    if asked.return_to is None:
        return redirect("logout")
    return OAuth2ResponseRedirect(asked.return_to, [urlsplit(asked.return_to).scheme])

"""Tries a client for real: asks this server for an authorization as the client would, and shows what comes back (P7).

Nothing is stored. State, nonce and PKCE verifier follow from the session and a random number, so an answer is only
taken from the very session that asked (RFC 9700 §4.7.1), and the code is worth nothing to anybody else.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ..http.access import needs
from ..http.addresses import AUTHORIZE_PATH, REVOKE_PATH, TOKEN_PATH
from ..http.compression import is_secret
from ..http.requests import PageRequest
from ..http.tenancy import current_tenant
from ..models import Api, Client
from ..policy import apis, scopes
from ..policy.client_types import AuthMethod, GrantType
from ..policy.roles import Permission
from . import api_words
from .client_lookup import own_client
from .forms.try_it import TryForm
from .quickstarts import API_PATH

SHOWN_OF_CODE = 8


@dataclass(frozen=True, slots=True)
class TrialRequest:
    """The authorization request that this page sends, and by which its response is recognised."""

    state: str
    verifier: str
    nonce: str

    @classmethod
    def of(cls, request: PageRequest, client: Client, state: str) -> "TrialRequest":
        return cls(
            state, _derive(request, client, "verifier", state), _derive(request, client, "nonce", state)
        )

    @classmethod
    def new(cls, request: PageRequest, client: Client) -> "TrialRequest":
        number = secrets.token_urlsafe(16)
        return cls.of(request, client, f"{number}.{_derive(request, client, 'state', number)}")

    @property
    def challenge(self) -> str:
        """The S256 code challenge (RFC 7636 §4.2)."""
        return _base64url(hashlib.sha256(self.verifier.encode()).digest())


@dataclass(frozen=True, slots=True)
class TrialResponse:
    """The authorization response in the address of this page."""

    parameters: list[tuple[str, str]]  # as shown, the code shortened
    code: str
    genuine: bool  # an answer to a request of this session and client, by this issuer
    trial: TrialRequest


@dataclass(frozen=True, slots=True)
class Target:
    """An API that a token can be for (RFC 8707), and the scopes that the client has there."""

    identifier: str
    name: str
    scope: str


@needs(Permission.MANAGE_CLIENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def try_it(request: PageRequest, client_id: str) -> HttpResponse:
    """Explains and asks for scopes; POST starts the authorization; with an answer in the address, shows it."""
    client = own_client(client_id)
    issuer = current_tenant().issuer
    here = issuer + reverse("try_it", args=[client.client_id])
    answer = _answer(request, client)
    request.META["QUERY_STRING"] = ""  # no link or form of the page repeats the code
    resources = api_words.resources(current_tenant(), client.allowed_scopes)
    form = TryForm(client, resources, request.POST if request.method == "POST" else None)
    if form.is_valid() and not client.machine_only:
        return _start(request, client, form.cleaned_data["scopes"], here)
    context = {
        "title": _("Test %(client)s") % {"client": client.name},
        "section": "clients",
        "client": client,
        "form": form,
        "answer": answer,
        "redirect_uri": here,
        "token_endpoint": TOKEN_PATH,
        "revocation_endpoint": REVOKE_PATH,
        "api": API_PATH,
        "targets": _targets(client, resources, issuer),
        "secret": client.allows_auth_method(AuthMethod.CLIENT_SECRET),
        "credentials": client.allows_grant_type(GrantType.CLIENT_CREDENTIALS),
    }
    response = render(request, "try_it/try_it.html", context, status=422 if form.is_bound else 200)
    is_secret(response)
    return response


def _targets(client: Client, resources: Sequence[Api], issuer: str) -> list[Target]:
    """What a token of this client can be for: each API that it has scopes of, and this server last."""
    of_api = [Target(api.identifier, api.name, _own_scopes(client, api.identifier)) for api in resources]
    return [*of_api, Target(issuer, _("This server"), _own_scopes(client, apis.CATALOGUE))]


def _own_scopes(client: Client, identifier: str) -> str:
    """The scopes that a machine can ask for at an API."""
    names = apis.of_api(client.allowed_scopes, identifier)
    return scopes.join(name for name in names if name not in scopes.PROTOCOL_SCOPES)


def _start(request: PageRequest, client: Client, chosen: list[str], here: str) -> HttpResponse:
    sent = TrialRequest.new(request, client)
    parameters = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": here,
        "state": sent.state,
        "nonce": sent.nonce,
        "code_challenge": sent.challenge,
        "code_challenge_method": "S256",
    } | ({"scope": scopes.join(chosen)} if chosen else {})
    response = redirect(f"{AUTHORIZE_PATH}?{urlencode(parameters)}")
    response.status_code = 303
    return response


def _answer(request: PageRequest, client: Client) -> TrialResponse | None:
    """The authorization response in the address (RFC 6749 §4.1.2, RFC 9207), None if there is none."""
    sent = request.GET
    if not {"code", "error"} & sent.keys():
        return None
    number, _dot, mac = sent.get("state", "").partition(".")
    once = all(len(values) == 1 for _name, values in sent.lists())
    genuine = once and hmac.compare_digest(mac.encode(), _derive(request, client, "state", number).encode())
    code = sent.get("code", "")
    shown = [(name, f"{code[:SHOWN_OF_CODE]}…" if name == "code" else str(sent[name])) for name in sent]
    return TrialResponse(
        parameters=shown,
        code=code,
        genuine=genuine and sent.get("iss") == current_tenant().issuer,
        trial=TrialRequest.of(request, client, sent.get("state", "")),
    )


def _derive(request: PageRequest, client: Client, what: str, value: str) -> str:
    """43 characters that nobody but this server can tell, for this session and client alone."""
    secret = f"{request.session.session_key}\0{client.client_id}\0{value}"
    return _base64url(salted_hmac(f"qlikauth.try-it.{what}", secret, algorithm="sha256").digest())


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()

"""RP-Initiated Logout 1.0: what an application asks that signs a person out here as well."""

from dataclasses import dataclass

from ..http.requests import TenantRequest
from ..models import Connection
from ..policy.effective_client import EffectiveClient
from . import id_tokens, parameters
from .delivery import with_answer
from .errors import OAuthError
from .parameters import Parameters


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """What the application asks: on whose behalf (a hint), and where to go afterwards."""

    client: EffectiveClient | None
    subject: str | None  # of a genuine id_token_hint
    return_to: str | None  # registered, with state; None means a page of ours
    withheld: str = ""  # where it asked to go, when that is not registered
    refused: str = ""  # why the request cannot be followed


def read(request: TenantRequest) -> LogoutRequest:
    """What the address of `request` asks; `refused` says why it cannot be followed."""
    try:
        return _read(request, parameters.query(request))
    except OAuthError as error:
        return LogoutRequest(None, None, None, refused=error.description)


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

"""client_secret_basic and client_secret_post: a client authenticates with a secret (RFC 6749 §2.3.1).

The two differ only in where the secret stands in the request: client_authentication.py reads both.
"""

from ..models import ClientSecret, Tenant, recognition
from ..policy.client_types import AuthMethod
from ..policy.reasons import Reason
from .authentication_outcome import Authenticated, failed
from .errors import OAuthError
from .named_clients import EDGES, QUOTES, recognised


def by_secret(tenant: Tenant, presented: str, client_id: str | None, api: str = "") -> Authenticated:
    """The client that has the secret `presented`. A `client_id` that was sent too must be its ID.

    `api` is the identifier of an API that is read with it (`PresentedSecret.api`). Raises OAuthError("invalid_client").
    """
    secret = ClientSecret.presented(tenant, presented, api)
    if secret is None:
        raise _refused(tenant, presented, client_id)
    if client_id is not None and secret.client.client_id != client_id:
        meant = client_id.strip(EDGES) == secret.client.client_id
        reason = Reason.CLIENT_ID_WITH_EDGES if meant else Reason.SECRET_OF_ANOTHER_CLIENT
        raise failed(reason, client=secret.client, proven=True)
    if not secret.client.allows_auth_method(AuthMethod.CLIENT_SECRET):
        raise failed(Reason.SECRET_NOT_REGISTERED, client=secret.client, proven=True)
    return Authenticated(secret.client, secret)


def _refused(tenant: Tenant, presented: str, client_id: str | None) -> OAuthError:
    """The error for a secret that does not authenticate anybody (N2).

    The audit log names the client whose secret it was, e.g. a removed one. If nobody's, the client that was named.
    """
    meant = presented.strip(EDGES)
    known = recognition.secret_presented(tenant, meant)
    if (
        known is None and meant != presented
    ):  # one that another server has made can have anything at its edges
        known = recognition.secret_presented(tenant, presented)
    if known is not None:
        return failed(
            known.reason or _edges(presented, meant) or Reason.UNKNOWN_SECRET,
            client=known.client,
            proven=True,
            details=known.details,
            dead_secret=known.dead_secret,
        )
    named = recognised(tenant, client_id)
    if named is None:
        return failed(Reason.UNKNOWN_SECRET)
    if not named.client.confidential and not named.reason:
        return failed(
            Reason.SECRET_FROM_PUBLIC_CLIENT,
            "This client is public and has no secret: send client_id alone.",
            client=named.client,
        )
    return failed(named.reason or Reason.UNKNOWN_SECRET, client=named.client)


def _edges(presented: str, meant: str) -> Reason | None:
    """The private reason if `presented` has something around the secret `meant`; None if it has nothing."""
    before, _, behind = presented.partition(meant)
    if set(before + behind) & set(QUOTES):
        return Reason.SECRET_WITH_QUOTATION_MARKS
    if not before and behind and not behind.strip("\r\n"):
        return Reason.SECRET_WITH_LINE_BREAK
    return Reason.SECRET_WITH_BLANK_SPACE if before or behind else None

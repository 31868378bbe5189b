"""The grant of a device: it polls until the person has answered, and gets its tokens once (RFC 8628 §3.4, §3.5).

oauthlib has no part in it: there is nothing in this grant but the client, what was allowed, and the rules here. A poll
reads the client and one row by its digest; it writes only to note that it came, or that it came too early.
"""

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ..models import DeviceAuthorization, RefreshToken, Tenant, User
from ..policy import scopes, text
from ..policy.effective_client import EffectiveClient
from ..policy.reasons import Reason
from . import access_tokens, id_tokens
from .client_authentication import authenticate, note_use
from .device import check_grant
from .errors import OAuthError
from .issuance import LABELS, MAX_LABEL, Issuance
from .resource_indicators import decide

Status = DeviceAuthorization.Status
UNUSABLE = "The device code is unknown, used, or was given to another client."


def device_code(
    tenant: Tenant, authorization: str, sent: Mapping[str, str], state: Issuance
) -> dict[str, Any]:
    """The answer to a poll with a device code: tokens, once the person has let the device in. `sent`: its parameters.

    Raises OAuthError: "authorization_pending" until then, and "slow_down" if it comes too often.
    """
    found = authenticate(tenant, authorization, sent)
    state.authenticate(found)
    client = found.client
    check_grant(client)
    asked = _asked(tenant, client, sent, state)
    user = _let_in_by(asked, client, state)
    answer = _redeemed(asked, client, user, _granted(asked, client), sent, state)
    note_use(found)
    return answer


def _asked(
    tenant: Tenant, client: EffectiveClient, sent: Mapping[str, str], state: Issuance
) -> DeviceAuthorization:
    """What this client's device asked that presents the code. Raises OAuthError."""
    if "device_code" not in sent:
        raise OAuthError("invalid_request", "device_code is missing.", reason=Reason.DEVICE_CODE_MISSING)
    asked = DeviceAuthorization.presented(tenant, sent["device_code"])
    if asked is None:
        raise _unusable(Reason.DEVICE_CODE_UNKNOWN)
    if asked.client_id != client.pk:
        raise _unusable(Reason.CODE_OF_ANOTHER_CLIENT, given_to=asked.client.name)
    state.device = asked
    return asked


def _let_in_by(asked: DeviceAuthorization, client: EffectiveClient, state: Issuance) -> User:
    """The person who has let the device in. Raises OAuthError as long as nobody has."""
    if asked.status == Status.USED:
        asked.replayed(client, by=state.actor)
        raise _unusable(Reason.CODE_REPLAYED)
    if asked.has_expired:
        raise OAuthError(
            "expired_token", "The device code has expired: begin again.", reason=Reason.DEVICE_CODE_EXPIRED
        )
    if asked.status == Status.DENIED:  # the event says who did it
        raise OAuthError("access_denied", "The person did not allow it.", reason=None)
    if asked.status == Status.PENDING:
        if asked.poll():
            raise OAuthError("authorization_pending", "The person has not answered yet.", reason=None)
        raise OAuthError("slow_down", "Wait for five seconds more between two requests.", reason=None)
    if asked.user is None or not asked.stands(client):
        raise _unusable(Reason.CODE_OUTLIVED_ITS_CLIENT)
    return asked.user


def _granted(asked: DeviceAuthorization, client: EffectiveClient) -> list[str]:
    """What is left of what was allowed: scopes that the client has lost since are left out, as in a refresh."""
    remaining = scopes.in_order(scopes.narrowed(asked.scopes, client.scopes))
    if asked.scopes and not remaining:
        raise _unusable(Reason.CODE_LEFT_WITHOUT_SCOPES)
    return remaining


def _aimed(tenant: Tenant, user: User, granted: list[str], state: Issuance) -> list[str]:
    """The scopes of the token as they are on the wire, once it is decided which API it is for (RFC 8707 §2.2)."""
    state.asked_scopes = []  # RFC 8628 §3.4 has no scope here: it was asked for when the device began
    return decide(tenant, user, granted, state)


def _redeemed(
    asked: DeviceAuthorization,
    client: EffectiveClient,
    user: User,
    granted: list[str],
    sent: Mapping[str, str],
    state: Issuance,
) -> dict[str, Any]:
    """The tokens. They are signed first: nothing is used up if there is no key."""
    tenant = asked.tenant
    carried = _aimed(tenant, user, granted, state)
    expires = datetime.now(UTC) + timedelta(seconds=access_tokens.lifetime(state))
    answer = access_tokens.answer(tenant, client, carried, state, user)
    refresh_token = RefreshToken.make(asked.pk) if scopes.OFFLINE_ACCESS in granted else None
    if refresh_token is not None:
        answer["refresh_token"] = refresh_token
    if scopes.OPENID in granted:
        begun = {"at_hash": _at_hash(answer["access_token"])}
        answer["id_token"] = id_tokens.make(
            tenant, client, user, granted, auth_time=asked.auth_time, begun=begun
        )
    # Labels for the list of tokens (Q6).
    labels = {
        name: text.one_line(sent[name][:MAX_LABEL], MAX_LABEL) for name in sorted(LABELS) if name in sent
    }
    family = asked.redeem(
        client,
        granted,
        access_expires_at=expires,
        refresh_token=refresh_token,
        labels=labels,
        by=state.actor,
    )
    if family is None:
        raise _unusable(Reason.CODE_REPLAYED)
    return answer


def _at_hash(access_token: str) -> str:
    """Binds the ID token to the access token beside it (OpenID Connect Core §3.1.3.6)."""
    half = hashlib.sha256(access_token.encode()).digest()[:16]
    return base64.urlsafe_b64encode(half).rstrip(b"=").decode()


def _unusable(reason: Reason, **details: str) -> OAuthError:
    return OAuthError("invalid_grant", UNUSABLE, reason=reason, details=details)

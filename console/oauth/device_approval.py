"""What a person may answer to a device, judged anew each time: when its code is entered, shown and answered (RFC 8628
§3.3, §5.4).

Nothing is drawn here: `console/pages/device.py` draws it.
"""

from dataclasses import dataclass

from django.utils import translation

from ..http import sessions
from ..http.requests import PageRequest
from ..models import Connection, DeviceAuthorization, recognition
from ..policy import audiences, scopes
from ..policy.client_types import GrantType
from ..policy.effective_client import EffectiveClient
from ..policy.reasons import Reason
from ..policy.roles import Role
from .answers import Shown
from .authorization_request import Unanswerable
from .resource_indicators import rules_for


@dataclass(frozen=True, slots=True)
class AskingDevice:
    """What a device asks, as far as it can be granted now."""

    asked: DeviceAuthorization
    client: EffectiveClient
    scopes: list[str]


def judged(request: PageRequest, asked: DeviceAuthorization) -> AskingDevice:
    """What the person can be asked. Raises Unanswerable if the client may not be let in any more."""
    client = Connection.to_client(request.tenant, asked.client.client_id)
    if client is None:
        known = recognition.client_named(request.tenant, asked.client.client_id)
        reason = known.reason if known else None
        if reason in {None, Reason.CLIENT_DELETED}:
            reason = Reason.UNKNOWN_CLIENT
        raise Unanswerable(reason or Reason.UNKNOWN_CLIENT, client=asked.client)
    if not client.enabled:
        raise Unanswerable(Reason.CLIENT_DISABLED, client=client)
    if not client.allows_grant(GrantType.DEVICE_CODE):
        raise Unanswerable(Reason.GRANT_NOT_REGISTERED, client=client)
    remaining = _that_count(request, scopes.narrowed(asked.scopes, client.scopes))
    if asked.scopes and not remaining:
        raise Unanswerable(Reason.CODE_LEFT_WITHOUT_SCOPES, client=client)
    return AskingDevice(asked, client, remaining)


def _that_count(request: PageRequest, names: list[str]) -> list[str]:
    """Those that this person can grant, of APIs that the tenant has (policy/audiences.py)."""
    administrator = request.user.role == Role.ADMINISTRATOR
    return audiences.counting(names, rules_for(request.tenant, names), administrator=administrator)


def shown(request: PageRequest, device: AskingDevice) -> Shown:
    """The page that asks the person, and whom it asks: an answer counts only for the page that was read (AZ-27, N8)."""
    facts = (
        "device",
        str(device.asked.pk),
        str(request.user.pk),
        device.client.name,
        device.client.publisher,
        scopes.join(device.scopes),
        device.asked.address,
        sessions.auth_time(request).isoformat(),
    )
    return Shown(request.tenant, facts)


def allow(request: PageRequest, device: AskingDevice) -> None:
    """Lets the device in. Raises NotAnswerable or NotConnected if that has become impossible in this very moment."""
    told = {
        "client": device.client.name,
        "publisher": device.client.publisher,
        "device_address": device.asked.address,
        "scopes": list(device.scopes),
        "new_scopes": list(device.scopes),
        "language": translation.get_language(),
    }
    device.asked.allow(
        device.client,
        device.scopes,
        auth_time=sessions.auth_time(request),
        shown=told,
        by=sessions.actor(request),
    )

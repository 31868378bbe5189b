"""The client that a client ID names, before it has proven anything."""

from typing import Any

from ..models import Connection, Tenant, recognition
from ..policy.effective_client import EffectiveClient
from ..policy.reasons import Reason
from .authentication_outcome import failed
from .errors import OAuthError

# Files, shells and configurations leave these around a secret or a client ID. Neither can contain them.
QUOTES = "\"'`“”‘’"
EDGES = QUOTES + " \t\r\n\v\f\u00a0\u200b\ufeff"
MAX_CLIENT_ID = 255  # characters, as many as the column holds


def usable(tenant: Tenant, client_id: Any) -> EffectiveClient | None:
    """The client with this ID that `tenant` can use; None if there is none."""
    return Connection.to_client(tenant, client_id) if _is_well_formed(client_id) else None


def recognised(tenant: Tenant, client_id: Any) -> recognition.Recognised | None:
    """The client with this ID that `tenant` can use or could use before; None if it never had one."""
    return recognition.client_named(tenant, client_id) if _is_well_formed(client_id) else None


def unusable(tenant: Tenant, client_id: Any, reason: Reason) -> OAuthError:
    """The error for a client ID that names no usable client. `reason` is the private one if nothing is recognised."""
    known = recognised(tenant, client_id)
    if known is not None:
        return failed(known.reason or reason, client=known.client)
    meant = recognised(tenant, client_id.strip(EDGES)) if isinstance(client_id, str) else None
    if meant is None:
        return failed(reason)
    return failed(meant.reason or Reason.CLIENT_ID_WITH_EDGES, client=meant.client)


def _is_well_formed(client_id: Any) -> bool:
    """Whether this can be a client ID: text of printable ASCII characters (RFC 6749 §A.1), not too long."""
    if not isinstance(client_id, str) or not 1 <= len(client_id) <= MAX_CLIENT_ID:
        return False
    return client_id.isascii() and client_id.isprintable()

"""How client authentication ends: with the client that calls, or with `invalid_client` (RFC 6749 §5.2)."""

from dataclasses import dataclass
from typing import Any

from ..models import PresentedSecret
from ..policy.effective_client import EffectiveClient
from ..policy.reasons import Reason
from .errors import OAuthError


@dataclass(frozen=True, slots=True)
class Authenticated:
    """The client that calls, and the secret it authenticated with; None for every other way."""

    client: EffectiveClient
    secret: PresentedSecret | None = None


def failed(reason: Reason, description: str = "Client authentication failed.", **known: Any) -> OAuthError:
    """The error `invalid_client`, to be raised.

    `reason` is private: only the audit log gets it. `description` is public. It is the same sentence for nearly every
    failure, so that a caller cannot find out which client IDs and secrets exist. `known` are further arguments of
    OAuthError for the audit log: `client`, `proven`, `details`, `dead_secret`.
    """
    return OAuthError("invalid_client", description, reason=reason, **known)

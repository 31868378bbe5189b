"""Floor 2: nouns with verbs. A verb is one transaction and writes its event inside it. No request, no template."""

from .client import Client, LimitReached
from .connection import Connection
from .consent import Consent
from .event import Action, Actor, Event
from .secret import ClientSecret
from .signing_key import KeyRing, SigningKey
from .tenant import Hostname, Tenant
from .throttle import FailedAttempts
from .token import (
    AccessToken,
    ClientAssertion,
    DeviceGrant,
    Grant,
    IDToken,
    LiveToken,
    RefreshToken,
    RevokedAccessToken,
    TokenFamily,
)
from .user import User

__all__ = [
    "AccessToken",
    "Action",
    "Actor",
    "Client",
    "ClientAssertion",
    "ClientSecret",
    "Connection",
    "Consent",
    "DeviceGrant",
    "Event",
    "FailedAttempts",
    "Grant",
    "Hostname",
    "IDToken",
    "KeyRing",
    "LimitReached",
    "LiveToken",
    "RefreshToken",
    "RevokedAccessToken",
    "SigningKey",
    "Tenant",
    "TokenFamily",
    "User",
]

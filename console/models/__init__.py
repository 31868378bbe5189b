"""Floor 2: nouns with verbs. A verb is one transaction and writes its event inside it. No request, no template."""

from . import recognition
from .access_token import LiveToken, RevokedAccessToken
from .client import Client, LimitReached, NotPublishable
from .client_assertion import ClientAssertion
from .connection import Connection, NotConnected, NotPublished
from .connection_request import AlreadyConnected, ConnectionRequest, ConnectionRequester
from .consent import Consent
from .event import Action, Actor, Event
from .event_keyword import EventKeyword
from .grant import Grant
from .refresh_token import RefreshToken
from .secret import ClientSecret
from .signing_key import KeyRing, SigningKey
from .tenant import Hostname, Tenant
from .throttle import FailedAttempts
from .token_family import Reach, Receipt, TokenFamily
from .toolkit import AccessToken, DeviceGrant, IDToken
from .user import User

__all__ = [
    "AccessToken",
    "Action",
    "Actor",
    "AlreadyConnected",
    "Client",
    "ClientAssertion",
    "ClientSecret",
    "Connection",
    "ConnectionRequest",
    "ConnectionRequester",
    "Consent",
    "DeviceGrant",
    "Event",
    "EventKeyword",
    "FailedAttempts",
    "Grant",
    "Hostname",
    "IDToken",
    "KeyRing",
    "LimitReached",
    "LiveToken",
    "NotConnected",
    "NotPublishable",
    "NotPublished",
    "Reach",
    "Receipt",
    "RefreshToken",
    "RevokedAccessToken",
    "SigningKey",
    "Tenant",
    "TokenFamily",
    "User",
    "recognition",
]

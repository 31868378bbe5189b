"""Floor 2: nouns with verbs. A verb is one transaction and writes its event inside it. No request, no template."""

from . import recognition
from .access_token import LiveToken, RevokedAccessToken
from .browser_session import BrowserSession
from .client import Client, ClientGone, LimitReached
from .client_assertion import ClientAssertion
from .client_availability import NotPublishable
from .client_origin import ClientOrigin
from .connection import Connection, NeedsTrust, NotConnected, NotPublished
from .connection_request import AlreadyConnected, ConnectionRequest, ConnectionRequester
from .consent import Consent
from .event import Action, Actor, Event
from .event_keyword import EventKeyword
from .grant import Grant
from .mail import Mail
from .refresh_token import RefreshToken
from .secret import ClientSecret, PresentedSecret
from .sent_form import AlreadySent, SentForm
from .signing_key import KeyRing, NoSigningKey, SigningKey
from .tenant import AnotherTenantsRow, CanonicalHost, Hostname, HostTaken, Tenant
from .throttle import FailedAttempts
from .token_family import Reach, TokenFamily
from .toolkit import AccessToken, DeviceGrant, IDToken
from .unfinished_act import Receipt, UnfinishedAct
from .used_answer import UsedAnswer
from .user import LastAdministrator, OwnAccount, User

__all__ = [
    "AccessToken",
    "Action",
    "Actor",
    "AlreadyConnected",
    "AlreadySent",
    "AnotherTenantsRow",
    "BrowserSession",
    "CanonicalHost",
    "Client",
    "ClientAssertion",
    "ClientGone",
    "ClientOrigin",
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
    "HostTaken",
    "Hostname",
    "IDToken",
    "KeyRing",
    "LastAdministrator",
    "LimitReached",
    "LiveToken",
    "Mail",
    "NeedsTrust",
    "NoSigningKey",
    "NotConnected",
    "NotPublishable",
    "NotPublished",
    "OwnAccount",
    "PresentedSecret",
    "Reach",
    "Receipt",
    "RefreshToken",
    "RevokedAccessToken",
    "SentForm",
    "SigningKey",
    "Tenant",
    "TokenFamily",
    "UnfinishedAct",
    "UsedAnswer",
    "User",
    "recognition",
]

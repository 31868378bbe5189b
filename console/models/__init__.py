"""Floor 2: nouns with verbs. A verb is one transaction and writes its event inside it. No request, no template."""

from . import (
    api_reach,
    approval,
    client_logo,
    client_posture,
    client_rules,
    event_erasure,
    event_reading,
    noted,
    noted_problems,
    reach,
    recognition,
    redirect_user,
    redirect_uses,
    scope_use,
    secret_use,
    use_count,
    use_total,
)
from .access_token import LiveToken, RevokedAccessToken
from .action import Action
from .actor import Actor
from .api import Api, ApiGone
from .api_identifier import ApiIdentifier
from .api_secret import ApiSecret, PresentedApiSecret
from .authorization_code import AuthorizationCode
from .browser_session import BrowserSession
from .client import Client, ClientGone
from .client_assertion import ClientAssertion
from .client_availability import ApisNotPublished, NotPublishable
from .client_origin import ClientOrigin
from .client_problem import Caller, ClientProblem, Elsewhere
from .client_registration import ClientRegistration
from .connection import Connection, NeedsTrust, NotConnected, NotPublished
from .connection_request import AlreadyConnected, AlreadyDecided, ConnectionRequest, ConnectionRequester
from .consent import Consent
from .device_answer import NotAnswerable
from .device_authorization import DeviceAuthorization, TooManyBegun
from .event import Event
from .event_keyword import EventKeyword
from .expiry_run import ExpiryRun
from .group import Group, GroupMember, GroupNameTaken
from .invitation import AlreadyThere, Invitation, Invited, TooManyInvitations
from .limits import LimitReached
from .mail import Mail
from .metadata_document import MetadataDocument
from .outside_policy import OutsidePolicy
from .picture import Picture
from .reach import Reach
from .receipt import Receipt
from .redirect_user import RedirectUser
from .redirect_uses import RedirectUse
from .refresh_token import RefreshToken
from .registration_policy import RegistrationPolicy
from .registration_token import RegistrationToken, TokenUsedUp
from .scope_use import ScopeUse
from .secret import ClientSecret, PresentedSecret
from .sent_form import AlreadySent, SentForm
from .signing_key import KeyRing, NoSigningKey, SigningKey
from .tenant import CanonicalHost, Hostname, HostTaken, Tenant
from .tenant_owned import AnotherTenantsRow
from .tenant_settings import TenantSettings
from .throttle import FailedAttempts
from .token_family import TokenFamily
from .toolkit import AccessToken, DeviceGrant, IDToken
from .unfinished_act import UnfinishedAct
from .use_count import UseCount
from .use_total import UseTotal
from .used_answer import UsedAnswer
from .user import LastAdministrator, OwnAccount, User

__all__ = [
    "AccessToken",
    "Action",
    "Actor",
    "AlreadyConnected",
    "AlreadyDecided",
    "AlreadySent",
    "AlreadyThere",
    "AnotherTenantsRow",
    "Api",
    "ApiGone",
    "ApiIdentifier",
    "ApiSecret",
    "ApisNotPublished",
    "AuthorizationCode",
    "BrowserSession",
    "Caller",
    "CanonicalHost",
    "Client",
    "ClientAssertion",
    "ClientGone",
    "ClientOrigin",
    "ClientProblem",
    "ClientRegistration",
    "ClientSecret",
    "Connection",
    "ConnectionRequest",
    "ConnectionRequester",
    "Consent",
    "DeviceAuthorization",
    "DeviceGrant",
    "Elsewhere",
    "Event",
    "EventKeyword",
    "ExpiryRun",
    "FailedAttempts",
    "Group",
    "GroupMember",
    "GroupNameTaken",
    "HostTaken",
    "Hostname",
    "IDToken",
    "Invitation",
    "Invited",
    "KeyRing",
    "LastAdministrator",
    "LimitReached",
    "LiveToken",
    "Mail",
    "MetadataDocument",
    "NeedsTrust",
    "NoSigningKey",
    "NotAnswerable",
    "NotConnected",
    "NotPublishable",
    "NotPublished",
    "OutsidePolicy",
    "OwnAccount",
    "Picture",
    "PresentedApiSecret",
    "PresentedSecret",
    "Reach",
    "Receipt",
    "RedirectUse",
    "RedirectUser",
    "RefreshToken",
    "RegistrationPolicy",
    "RegistrationToken",
    "RevokedAccessToken",
    "ScopeUse",
    "SentForm",
    "SigningKey",
    "Tenant",
    "TenantSettings",
    "TokenFamily",
    "TokenUsedUp",
    "TooManyBegun",
    "TooManyInvitations",
    "UnfinishedAct",
    "UseCount",
    "UseTotal",
    "UsedAnswer",
    "User",
    "api_reach",
    "approval",
    "client_logo",
    "client_posture",
    "client_rules",
    "event_erasure",
    "event_reading",
    "noted",
    "noted_problems",
    "reach",
    "recognition",
    "redirect_user",
    "redirect_uses",
    "scope_use",
    "secret_use",
    "use_count",
    "use_total",
]

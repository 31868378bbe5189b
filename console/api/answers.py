"""The schemas of the responses of the REST API."""

from typing import Annotated

from pydantic import Field

from ..models import Connection, ConnectionRequest
from ..policy.consent_rules import ConsentMethod
from .schema import WORD, Given, MayBeGiven, Moment


class Link(Given):
    """An absolute address."""

    href: str


class Links(Given):
    """The link to the resource itself."""

    self_: Annotated[Link, Field(alias="self")]


class PageLinks(Links):
    """The links to the page, the next and the previous one."""

    next: MayBeGiven[Link] = None
    prev: MayBeGiven[Link] = None


class AssignedRole(Given):
    """A role, as Qlik names it."""

    name: str
    type: str
    level: str


class AssignedGroup(Given):
    """A group, as Qlik names it. There are none here."""

    name: str


class Caller(Given):
    """Who calls: a person, or the bot of a machine client. What the scopes do not show is the ID, or absent."""

    id: str
    tenant_id: str
    status: str
    subject: str
    name: str
    email: MayBeGiven[str] = None
    client_id: MayBeGiven[str] = None
    """Of a bot."""
    assigned_roles: list[AssignedRole]
    assigned_groups: list[AssignedGroup]
    created_at: Moment
    links: Links


class Publication(Given):
    """When a client was published."""

    published_at: Moment | None


class Receipt(Given):
    """What an operation has ended: the receipt."""

    tenants: int
    sessions_ended: int
    accepted_until: Moment | None
    """Until when servers that only check signatures can accept what was ended."""
    counting: MayBeGiven[bool] = None
    """There are more sessions than have been counted yet."""


class ConnectionConfig(Given):
    """A tenant's connection to a client."""

    status: Annotated[Connection.Status, WORD]
    consent_method: Annotated[ConsentMethod, WORD]
    deleted_by_owner: MayBeGiven[bool] = None
    scopes: list[str]
    """What this tenant allows."""
    version: int
    """What was approved."""
    approved_at: Moment
    expires_at: Moment | None
    pending_version: MayBeGiven[int] = None
    """A wider one, which waits for an approval."""


class Requester(Given):
    """Somebody who asked for a client."""

    user_id: str
    reason: str
    created_at: Moment
    name: MayBeGiven[str] = None
    email: MayBeGiven[str] = None


class RequestShown(Given):
    """A request for a published client. Who asked sees nothing about the others who did."""

    id: str
    status: Annotated[ConnectionRequest.Status, WORD]
    client_id: str
    client_name: str
    publisher: str
    available: bool
    """Whether the client can be connected to now; what it offers is there only if it can."""
    created_at: Moment
    links: Links
    version: MayBeGiven[int] = None
    allowed_scopes: MayBeGiven[list[str]] = None
    allowed_grant_types: MayBeGiven[list[str]] = None
    redirect_hosts: MayBeGiven[list[str]] = None
    allowed_origins: MayBeGiven[list[str]] = None
    client_uri: MayBeGiven[str] = None
    logo_uri: MayBeGiven[str] = None
    """On this server: a logo elsewhere is never named."""
    decided_at: MayBeGiven[Moment] = None
    answer: MayBeGiven[str] = None
    decided_by: str | None = None
    """The user ID of who answered; null for a machine."""
    requester_count: MayBeGiven[int] = None
    requesters: list[Requester]


class RequestsShown(Given):
    """A page of requests, newest first."""

    data: list[RequestShown]
    links: PageLinks


class ErrorSource(Given):
    """What the error is about."""

    pointer: MayBeGiven[str] = None
    """A place in the body (RFC 6901)."""
    parameter: MayBeGiven[str] = None


class Error(Given):
    """One thing that is wrong."""

    code: str
    title: str
    status: str
    detail: MayBeGiven[str] = None
    source: MayBeGiven[ErrorSource] = None


class Problem(Given):
    """Why a call is not carried out. `traceId` finds it in the server's log."""

    errors: list[Error]
    trace_id: str

"""The schemas of request bodies and query parameters of the REST API."""

from typing import Annotated, Literal

from django.db.models import TextChoices
from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from ..models import Connection, ConnectionRequest
from ..models.connection_request import ANSWER_LENGTH
from ..policy.consent_rules import ConsentMethod
from .schema import (
    DIGITS,
    WORD,
    Asked,
    Cursor,
    MayBeSent,
    MomentToCome,
    ScopeNames,
    Sent,
    SentList,
    lines,
    wrong,
)

USUAL, MOST = 20, 100  # rows of a page


class Paging(Asked):
    """Which page of a list."""

    limit: Annotated[int, Field(ge=1, le=MOST), DIGITS] = USUAL
    next: MayBeSent[Cursor] = None
    prev: MayBeSent[Cursor] = None

    @model_validator(mode="after")
    def _one_way(self) -> "Paging":
        if self.next is not None and self.prev is not None:
            raise PydanticCustomError(
                "together", "{sentence}", {"sentence": "Ask for next or for prev, not for both."}
            )
        return self


class RequestsAsked(Paging):
    """Which requests for published clients."""

    status: MayBeSent[Annotated[ConnectionRequest.Status, WORD]] = None


class Connected(TextChoices):
    """What becomes of the tenants that are connected to a client that is no longer published."""

    STAY = "stay"
    END = "end"


class Unpublishing(Sent):
    """What becomes of the tenants that are connected."""

    connected: Annotated[Connected, WORD]


class Approval(Sent):
    """What of a published client is approved: everything that it offers, if nothing else is said."""

    consent_method: Annotated[ConsentMethod, WORD]
    scopes: MayBeSent[ScopeNames] = None
    expires_at: MomentToCome | None = None
    version: MayBeSent[int] = None
    impersonation: bool = False


class Denial(Sent):
    """A text for those who asked."""

    answer: Annotated[
        str,
        AfterValidator(lambda sent: lines(sent, ANSWER_LENGTH)),
        Field(json_schema_extra={"minLength": 1, "maxLength": ANSWER_LENGTH}),
    ]


class ReplaceConsentMethod(Sent):
    """How people consent to the client."""

    op: Literal["replace"]
    path: Literal["/consentMethod"]
    value: Annotated[ConsentMethod, WORD]


class ReplaceScopes(Sent):
    """What this tenant allows another tenant's client: never more than was approved."""

    op: Literal["replace"]
    path: Literal["/scopes"]
    value: ScopeNames


class ReplaceStatus(Sent):
    """Whether another tenant's client works here."""

    op: Literal["replace"]
    path: Literal["/status"]
    value: Annotated[Connection.Status, WORD]


class ReplaceImpersonation(Sent):
    """That a client which can act as the tenant's people may: goes with /consentMethod."""

    op: Literal["replace"]
    path: Literal["/impersonation"]
    value: bool


Replacement = Annotated[
    ReplaceConsentMethod | ReplaceScopes | ReplaceStatus | ReplaceImpersonation, Field(discriminator="path")
]


def _each_once(operations: list[Replacement]) -> list[Replacement]:
    paths: set[str] = set()
    for operation in operations:
        if operation.path in paths:
            raise wrong(f"must not replace {operation.path} twice")
        paths.add(operation.path)
    return operations


class ConnectionPatch(
    SentList[Annotated[list[Replacement], Field(min_length=1, fail_fast=True), AfterValidator(_each_once)]]
):
    """JSON Patch (RFC 6902), as far as Qlik's API knows it: whole values are replaced, each at most once."""

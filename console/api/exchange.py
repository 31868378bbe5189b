"""The input and output schemas of an operation. Validation and the OpenAPI description use them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.http import HttpResponse, JsonResponse
from pydantic import BaseModel, ValidationError

from ..http import request_body
from ..http.requests import TenantRequest
from ..policy import strict_json
from . import faults
from .errors import ApiError
from .faults import Fault
from .schema import Asked, Given, Sent, SentList

JSON = "application/json"
JSON_PATCH = "application/json-patch+json"
Decorated = TypeVar("Decorated", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Exchange:
    """`takes` is the body, `asks` the parameters of the address, `gives` the answer; None where there is none.

    `conflicts`: whether the call can come too late (409).
    """

    takes: type[Sent] | type[SentList[Any]] | None
    asks: type[Asked] | None
    gives: type[Given] | None
    status: int
    conflicts: bool

    @property
    def types(self) -> tuple[str, ...]:
        """The content types of the body."""
        patches = self.takes is not None and issubclass(self.takes, SentList)
        return (JSON, JSON_PATCH) if patches else (JSON,)  # Qlik's libraries send the first

    def read(self, request: TenantRequest) -> dict[str, BaseModel]:
        """What was sent: `asked` and `sent`, those that the operation has. Raises ApiError."""
        read: dict[str, BaseModel] = {}
        if self.asks is not None:
            read["asked"] = _asked(request, self.asks)
        if self.takes is not None:
            read["sent"] = _sent(request, self.takes, self.types)
        return read

    def answer(self, given: Given | None) -> HttpResponse:
        """The answer with what the operation gives; without a body if it gives nothing."""
        if given is None:
            return HttpResponse(status=self.status)
        return JsonResponse(
            given.model_dump(mode="json", by_alias=True, exclude_unset=True), status=self.status
        )


def exchanges(
    *,
    takes: type[Sent] | type[SentList[Any]] | None = None,
    asks: type[Asked] | None = None,
    gives: type[Given] | None = None,
    status: int = 0,
    conflicts: bool = False,
) -> Callable[[Decorated], Decorated]:
    """States what an operation reads and answers. `status` is 200, or 204 without an answer, if it is not said."""

    def decorate(operation: Decorated) -> Decorated:
        exchange = Exchange(takes, asks, gives, status or (200 if gives else 204), conflicts)
        operation.exchange = exchange  # type: ignore[attr-defined]
        return operation

    return decorate


def _asked(request: TenantRequest, schema: type[Asked]) -> Asked:
    names = [field.alias or name for name, field in schema.model_fields.items()]
    twice = [name for name in names if len(request.GET.getlist(name)) > 1]
    if twice:
        raise ApiError(400, [Fault(f"Duplicate query parameter: {name}.", parameter=name) for name in twice])
    try:
        return schema.model_validate({name: request.GET[name] for name in names if name in request.GET})
    except ValidationError as error:
        raise ApiError(400, faults.in_parameters(error)) from None


def _sent(
    request: TenantRequest, schema: type[Sent] | type[SentList[Any]], types: tuple[str, ...]
) -> Sent | SentList[Any]:
    if request.content_type not in types:
        raise ApiError(415, f"Send {' or '.join(types)}.")
    try:
        document = strict_json.decode(request_body.raw(request))
    except request_body.TooLong:
        raise ApiError(413, f"The body has more than {request_body.MAX_LENGTH} bytes.") from None
    except strict_json.InvalidJSON as refused:
        raise ApiError(400, str(refused)) from None
    try:
        return schema.model_validate(document)
    except ValidationError as error:
        raise ApiError(400, faults.in_body(error, document)) from None

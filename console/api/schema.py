"""What schemas of the REST API are made of: bodies and parameters that calls send, and answers that they get.

One schema is the validation, the errors by field (faults.py) and the description (openapi.py). Members are named as
Python names them and written in camelCase.
"""

import re
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any, TypeVar

from django.utils import timezone
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    RootModel,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from ..policy import text

T = TypeVar("T")
# RFC 3339 §5.6, with upper-case T and Z; datetime checks the days of the month.
MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
DATE_TIME = WithJsonSchema({"type": "string", "format": "date-time"})
MAX_DIGITS = 18  # of a row's number: longer ones exceed the column

_SENT = ConfigDict(strict=True, extra="forbid", alias_generator=to_camel, hide_input_in_errors=True)


class Sent(BaseModel):
    """A JSON object that a call sends. Nothing is converted, and a member that means nothing is refused."""

    model_config = _SENT


class SentList(RootModel[T]):
    """A JSON array that a call sends."""

    model_config = ConfigDict(strict=True, hide_input_in_errors=True)


class Asked(BaseModel):
    """Query parameters. Unknown ones are ignored."""

    model_config = ConfigDict(alias_generator=to_camel, hide_input_in_errors=True)


class Given(BaseModel):
    """A JSON object that a call gets."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, use_attribute_docstrings=True)


def wrong(predicate: str) -> PydanticCustomError:
    """The error of a value: `predicate` goes on after what the value is called, e.g. "must be in the future"."""
    return PydanticCustomError("wrong", "{predicate}", {"predicate": predicate})


# --- Members that may be left out ------------------------------------------------------------------------------------


class _NotNull:
    """May be left out, and then is None here; null is no value."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        inner: CoreSchema = handler(source)["schema"]  # of T | None: nullable
        return inner


class _NeverNull:
    """Is left out when it is None here."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return handler(schema["schema"])  # of T | None: nullable


MayBeSent = Annotated[T | None, _NotNull()]
MayBeGiven = Annotated[T | None, Field(exclude_if=lambda value: value is None), _NeverNull()]


# --- Values ----------------------------------------------------------------------------------------------------------


class _Word:
    """One of a few words, each a member of an Enum."""

    def __get_pydantic_core_schema__(self, source: type[Enum], handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.enum_schema(source, list(source), strict=False)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        members: list[Enum] = schema["members"]
        return {"type": "string", "enum": [member.value for member in members]}


WORD = _Word()  # Annotated[SomeEnum, WORD]


def _no_word_twice(words: list[str]) -> list[str]:
    if len(set(words)) != len(words):
        raise wrong("must not contain the same string twice")
    return words


ScopeNames = Annotated[
    list[Annotated[str, Field(min_length=1)]],
    # Only the first error is reported: there could be thousands.
    Field(fail_fast=True, json_schema_extra={"uniqueItems": True}),
    AfterValidator(_no_word_twice),
]


def number(sent: str) -> int | None:
    """The number of a row as it stands in an address; None for anything that cannot be one."""
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) <= MAX_DIGITS else None


def _whole_number(sent: str) -> int:
    whole = number(sent)
    if whole is None:
        raise wrong("must be a whole number")
    return whole


def _cursor(sent: str) -> int:
    place = number(sent)
    if place is None:
        raise PydanticCustomError("cursor", "Invalid cursor")
    return place


DIGITS = BeforeValidator(_whole_number)  # Annotated[int, Field(…), DIGITS]
Cursor = Annotated[int, BeforeValidator(_cursor), WithJsonSchema({"type": "string"})]


def _moment_to_come(sent: Any) -> datetime:
    try:
        if not isinstance(sent, str) or not MOMENT.fullmatch(sent):
            raise ValueError
        moment = datetime.fromisoformat(sent).astimezone(UTC)
    except (ValueError, OverflowError):
        raise wrong("must be a moment as RFC 3339 writes it, such as 2030-01-31T12:00:00Z, or null") from None
    if moment <= timezone.now():
        raise wrong("must be in the future")
    return moment


MomentToCome = Annotated[datetime, BeforeValidator(_moment_to_come), DATE_TIME]


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, as Qlik writes it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[datetime, PlainSerializer(timestamp), DATE_TIME]


def lines(sent: str, most: int) -> str:
    """A text for people, without the space around it: something to read, at most `most` characters, nothing hidden."""
    written = text.lines(sent)
    if not written:
        raise wrong("must not be empty")
    if len(written) > most:
        raise wrong(f"must have at most {most} characters")
    try:
        text.check_lines(written)
    except text.InvalidText as refused:
        raise PydanticCustomError("text", "{why}", {"why": str(refused)}) from None
    return written

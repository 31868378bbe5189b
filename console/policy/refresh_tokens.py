"""Refresh tokens that name their family, so that the reuse of one is noticed when its own row is no longer kept.

Layout: prefix, 256 random bits, family, idle limit, seal, checksum, all but the prefix in base 62. The seal is an HMAC
of everything before it: only this deployment can make a token that names a family (RFC 9700 §4.14.2, whose reuse
detection must not become a way to end other people's sessions). Earlier tokens are the prefix, the random bits and the
checksum; they stay good.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from . import credentials

RANDOM, FAMILY, LIMIT, SEAL = 43, 22, 6, 22  # characters in base 62: 256 bits, 128, seconds since 1970, 128
PREFIX = credentials.Prefix.REFRESH_TOKEN
SEALED = len(PREFIX) + RANDOM + FAMILY + LIMIT  # how much of the token the seal is of
LENGTH = SEALED + SEAL + credentials.CHECKSUM_LENGTH


@dataclass(frozen=True, slots=True)
class Named:
    """What a token says about itself."""

    family: UUID
    limit: datetime  # unused, it was good until then


def make(family: UUID, limit: datetime, key: bytes) -> str:
    """A new refresh token of `family` that dies unused at `limit`, sealed with `key`."""
    random = credentials.base62(int.from_bytes(secrets.token_bytes(32)), RANDOM)
    named = credentials.base62(family.int, FAMILY) + credentials.base62(int(limit.timestamp()), LIMIT)
    sealed = PREFIX + random + named
    body = sealed + _seal(sealed, key)
    return body + credentials.checksum(body)


def is_well_formed(value: str) -> bool:
    """Whether `value` can be one of ours. False says that a look-up is pointless."""
    if len(value) != LENGTH:
        return credentials.is_well_formed(value, PREFIX)
    if not value.isascii() or not value.startswith(PREFIX):
        return False
    end = LENGTH - credentials.CHECKSUM_LENGTH
    return hmac.compare_digest(value[end:], credentials.checksum(value[:end]))


def names_family(value: str) -> bool:
    """Whether a token that is known to be ours says which family it is of."""
    return len(value) == LENGTH


def named(value: str, keys: Iterable[bytes]) -> Named | None:
    """What `value` says about itself, if one of `keys` sealed it; None for an earlier token and for any other text."""
    if not names_family(value) or not is_well_formed(value):
        return None
    sealed, seal = value[:SEALED], value[SEALED : SEALED + SEAL]
    if not any(hmac.compare_digest(seal, _seal(sealed, key)) for key in keys):
        return None
    family, limit = sealed[-FAMILY - LIMIT : -LIMIT], sealed[-LIMIT:]
    return Named(UUID(int=_number(family)), datetime.fromtimestamp(_number(limit), tz=UTC))


def _seal(sealed: str, key: bytes) -> str:
    mac = hmac.digest(key, sealed.encode(), hashlib.sha256)
    return credentials.base62(int.from_bytes(mac[:16]), SEAL)


def _number(text: str) -> int:
    number = 0
    for character in text:
        number = number * len(credentials.ALPHABET) + credentials.ALPHABET.index(character)
    return number

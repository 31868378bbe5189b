"""Client IDs, client secrets, codes and refresh tokens: how they are made, recognised and kept (S13, ASVS 11.5.1).

Every value has 256 random bits, so a keyed digest is a safe way to keep it and costs microseconds: there is nothing
to guess offline, and nothing slow for a stranger to make the server do. The prefix and the checksum let a secret
scanner recognise a leaked value without asking anyone.
"""

import hashlib
import hmac
import secrets
import zlib
from enum import StrEnum

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
RANDOM_LENGTH = 43  # 256 bits in base 62
CHECKSUM_LENGTH = 6
HINT_LENGTH = 5  # Qlik's limit for a hint


class Prefix(StrEnum):
    """The kind of a generated value, readable from its first characters."""

    CLIENT_SECRET = "qas_"
    API_SECRET = "qai_"
    CODE = "qac_"
    REFRESH_TOKEN = "qar_"
    DEVICE_CODE = "qad_"
    INITIAL_ACCESS_TOKEN = "qat_"
    REGISTRATION_ACCESS_TOKEN = "qam_"


def make(prefix: Prefix) -> str:
    """A new random value: prefix, 256 random bits, CRC-32 of both."""
    body = prefix + base62(int.from_bytes(secrets.token_bytes(32)), RANDOM_LENGTH)
    return body + checksum(body)


def make_client_id() -> str:
    """A new client ID: 32 hexadecimal characters, the form that Qlik's clients have."""
    return secrets.token_hex(16)


def is_well_formed(value: str, prefix: Prefix) -> bool:
    """Whether `value` can be one of ours: right prefix, length and checksum. False says that a look-up is pointless."""
    if len(value) != len(prefix) + RANDOM_LENGTH + CHECKSUM_LENGTH or not value.startswith(prefix):
        return False
    if not value.isascii():
        return False
    return hmac.compare_digest(value[-CHECKSUM_LENGTH:], checksum(value[:-CHECKSUM_LENGTH]))


def hint(secret: str) -> str:
    """The few last characters by which people tell their secrets apart; they are checksum, not randomness."""
    return secret[-HINT_LENGTH:]


def digest(value: str, key: bytes) -> str:
    """What is stored instead of `value`: HMAC-SHA-256 under the deployment's key, in hexadecimal."""
    return hmac.digest(key, value.encode(), hashlib.sha256).hex()


def checksum(body: str) -> str:
    """The last characters of a value that begins with `body`."""
    return base62(zlib.crc32(body.encode()), CHECKSUM_LENGTH)


def base62(number: int, length: int) -> str:
    """`number` in `length` characters of ALPHABET; its last ones if it needs more."""
    characters = []
    for _ in range(length):
        number, index = divmod(number, len(ALPHABET))
        characters.append(ALPHABET[index])
    return "".join(reversed(characters))

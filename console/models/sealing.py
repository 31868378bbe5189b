"""Digests of secrets and tokens, and encryption at rest of signing keys and queued mails.

Each purpose has a key of its own, derived from QLIKAUTH_SECRET_KEY (HKDF, RFC 5869), so that no two uses can be
confused. Keys derived from the fallback secrets still decrypt and verify older values.
"""

import base64
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from ..policy import credentials

SIGNING_KEYS, MAILS = "signing keys", "mails"  # purposes of sealing
REFRESH_TOKENS = "refresh tokens"  # what they say about themselves is sealed, and readable


@cache
def _derived(secret_key: str, purpose: str) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=f"qlikauth {purpose}".encode()).derive(
        secret_key.encode()
    )


def keys(purpose: str) -> list[bytes]:
    """The keys of a purpose: the current one first, then those of earlier secret keys."""
    return [_derived(key, purpose) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def digest(value: str) -> str:
    """The digest to store for a new value."""
    return credentials.digest(value, _derived(settings.SECRET_KEY, "digest"))


def digests(value: str) -> list[str]:
    """Every digest under which a presented value may be stored: the current key's first."""
    return [credentials.digest(value, key) for key in keys("digest")]


def _box(purpose: str) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys(purpose)])


def seal(plain: bytes, purpose: str = SIGNING_KEYS) -> str:
    """Encrypts a signing key, or what another purpose needs, for the database."""
    return _box(purpose).encrypt(plain).decode()


def unseal(sealed: str, purpose: str = SIGNING_KEYS) -> bytes:
    """Decrypts what was sealed for this purpose. Raises ImproperlyConfigured if no configured key fits."""
    try:
        return _box(purpose).decrypt(sealed.encode())
    except InvalidToken:
        raise ImproperlyConfigured(
            f"Something sealed for {purpose} cannot be decrypted: "
            "was QLIKAUTH_SECRET_KEY changed without QLIKAUTH_SECRET_KEY_FALLBACKS?"
        ) from None

"""Which public keys a client may register for private_key_jwt (Q3, RFC 7517, RFC 7523)."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any

import jwt

from . import text as texts
from .translation import gettext_noop

MAX_LENGTH = 8192
ALGORITHMS: dict[str, frozenset[str]] = {
    "RSA": frozenset({"RS256", "RS512", "PS256"}),
    "EC": frozenset({"ES256", "ES384"}),
    "OKP": frozenset({"EdDSA"}),
}
CURVES = {"ES256": ("P-256", 32), "ES384": ("P-384", 48), "EdDSA": ("Ed25519", 32)}
PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
BASE64URL = re.compile(r"[A-Za-z0-9_-]+")  # RFC 7515 §2: the URL's alphabet, and no padding
MIN_RSA_BYTES = 256  # 2048 bits
MAX_RSA_BYTES = 1024  # 8192 bits: a larger one only costs time


class InvalidKey(ValueError):
    """A key that may not be registered. `message` is a sentence for the person, to be translated when shown."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def parse(text: str) -> dict[str, str]:
    """A JWK as a person pastes it: returns the public members that we keep, or raises InvalidKey with the reason."""
    if len(text) > MAX_LENGTH:
        raise InvalidKey(gettext_noop("The key is too long."))
    try:
        key = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidKey(
            gettext_noop("This is not JSON. Paste the public key as a JWK, beginning with {.")
        ) from None
    if isinstance(key, dict) and isinstance(key.get("keys"), list):
        if len(key["keys"]) != 1:
            raise InvalidKey(gettext_noop("Paste one key, not a set of several."))
        key = key["keys"][0]
    if not isinstance(key, dict):
        raise InvalidKey(gettext_noop("This is not JSON. Paste the public key as a JWK, beginning with {."))
    return check(key)


def check(key: Mapping[str, Any]) -> dict[str, str]:
    """The public members of a JWK that may be registered; raises InvalidKey with the reason otherwise."""
    if PRIVATE_MEMBERS & key.keys():
        raise InvalidKey(
            gettext_noop(
                "This is a private key. It is now exposed: make a new key pair and paste its public key."
            )
        )
    kind, algorithm, kid = key.get("kty"), key.get("alg"), key.get("kid")
    if not isinstance(kind, str) or kind not in ALGORITHMS:
        raise InvalidKey(gettext_noop("The key type (kty) must be RSA, EC or OKP."))
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS[kind]:
        raise InvalidKey(
            gettext_noop(
                "The algorithm (alg) must be RS256, RS512, PS256, ES256, ES384 or EdDSA and fit the key."
            )
        )
    if not isinstance(kid, str) or not 1 <= len(kid) <= 255 or not _is_readable(kid):
        raise InvalidKey(gettext_noop("The key needs a key ID (kid) of 1 to 255 characters."))
    if key.get("use", "sig") != "sig":
        raise InvalidKey(gettext_noop("The key must be for signatures: use must be sig."))
    public = {"kty": kind, "alg": algorithm, "kid": kid, "use": "sig"}
    public |= _rsa(key) if kind == "RSA" else _curve(key, algorithm)
    try:
        jwt.PyJWK.from_dict(public)  # a point that is not on its curve is no key
    except (jwt.PyJWTError, ValueError):
        raise InvalidKey(gettext_noop("The key’s values are not a usable public key.")) from None
    return public


def _is_readable(kid: str) -> bool:
    return kid.isprintable() and not texts.is_refused(kid)


def _rsa(key: Mapping[str, Any]) -> dict[str, str]:
    modulus, exponent = _bytes(key, "n"), _bytes(key, "e")
    if not MIN_RSA_BYTES <= len(modulus.lstrip(b"\0")) <= MAX_RSA_BYTES:
        raise InvalidKey(gettext_noop("An RSA key needs at least 2048 bits."))
    number = int.from_bytes(exponent)
    if number < 3 or number % 2 == 0 or len(exponent) > 8:
        raise InvalidKey(gettext_noop("The key’s values are not a usable public key."))
    return {"n": key["n"], "e": key["e"]}


def _curve(key: Mapping[str, Any], algorithm: str) -> dict[str, str]:
    curve, size = CURVES[algorithm]
    if key.get("crv") != curve:
        raise InvalidKey(gettext_noop("The curve (crv) does not fit the algorithm."))
    members = ("x",) if curve == "Ed25519" else ("x", "y")
    if any(len(_bytes(key, member)) != size for member in members):
        raise InvalidKey(gettext_noop("The key’s values are not a usable public key."))
    return {"crv": curve} | {member: key[member] for member in members}


def _bytes(key: Mapping[str, Any], member: str) -> bytes:
    value = key.get(member)
    try:
        if not isinstance(value, str) or not BASE64URL.fullmatch(value):
            raise ValueError
        return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except (ValueError, binascii.Error):
        raise InvalidKey(gettext_noop("The key’s values are not a usable public key.")) from None

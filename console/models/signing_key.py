"""The keys that sign a tenant's tokens: creation, publication, rotation, and encryption at rest (P6)."""

import base64
import hashlib
import json
import time
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .action import Action
from .actor import Actor
from .event import Event
from .remembered import Remembered
from .sealing import seal, unseal
from .tenant_owned import TenantOwned

if TYPE_CHECKING:
    from .tenant import Tenant

ALGORITHMS = ("ES256", "RS256")
RINGS_REMEMBERED = 10_000  # tenants; a ring is some 10 kB
CACHE_SECONDS = 60  # much shorter than SIGNING_KEY_LEAD, so that every process knows a key before it signs


class NoSigningKey(Exception):
    """A tenant has no key of the algorithm that a token must be signed with. The message is the algorithm."""


class SigningKey(TenantOwned):
    """One private key. Published from the moment it exists, signs from `signs_from`, published until `retires_at`."""

    kid = models.CharField(max_length=64, primary_key=True)
    algorithm = models.CharField(max_length=5)
    private_key = models.TextField(editable=False)  # DER, sealed
    public_jwk = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)
    signs_from = models.DateTimeField()
    retires_at = models.DateTimeField(null=True, default=None)

    class Meta:
        verbose_name = _("signing key")
        verbose_name_plural = _("signing keys")
        ordering = ["signs_from"]
        indexes = [
            models.Index(fields=["tenant", "algorithm", "signs_from"], name="signing_key_current"),
            models.Index(fields=["retires_at"], name="signing_key_retires"),
        ]

    def __str__(self) -> str:
        return self.kid

    @classmethod
    def generate(cls, tenant: "Tenant") -> "list[SigningKey]":
        """New keys that sign at once, not stored yet. Making them takes long: call it before a transaction begins."""
        return [cls._generate(tenant, algorithm) for algorithm in ALGORITHMS]

    @classmethod
    def rotate(cls, tenant: "Tenant", *, by: Actor, longest: timedelta = timedelta(0)) -> "list[SigningKey]":
        """Replaces a tenant's keys so that every valid token can always be verified.

        The new keys are published at once and sign after SIGNING_KEY_LEAD, when every cache has them; the old ones
        stay published until the last token that they can have signed has expired. `longest` is the longest lifetime of
        one for an API.
        """
        keys = cls.generate(tenant)
        longest = max(longest, settings.ACCESS_TOKEN_LIFETIME, settings.ID_TOKEN_LIFETIME)
        with transaction.atomic():
            tenant.lock()
            signs_from = timezone.now() + settings.SIGNING_KEY_LEAD
            for key in keys:
                key.signs_from = signs_from
            cls.objects.filter(retires_at=None).update(
                retires_at=signs_from + longest + settings.SIGNING_KEY_LEAD
            )
            cls.objects.bulk_create(keys)
            Event.record(
                tenant,
                Action.SIGNING_KEY_ROTATED,
                by=by,
                target=tenant,
                details={"kid": [key.kid for key in keys], "signs_from": signs_from.isoformat()},
            )
        return keys

    @classmethod
    def _generate(cls, tenant: "Tenant", algorithm: str) -> "SigningKey":
        private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
        if algorithm == "ES256":
            private = ec.generate_private_key(ec.SECP256R1())
        else:
            private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        jwk: dict[str, Any] = jwt.get_algorithm_by_name(algorithm).to_jwk(private.public_key(), as_dict=True)
        jwk = {member: value for member, value in jwk.items() if member != "key_ops"}
        kid = _thumbprint(jwk)
        return cls(
            kid=kid,
            tenant=tenant,
            algorithm=algorithm,
            private_key=seal(private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())),
            public_jwk=jwk | {"kid": kid, "alg": algorithm, "use": "sig"},
            signs_from=timezone.now(),
        )


def _thumbprint(jwk: dict[str, Any]) -> str:
    """The key ID: the JWK thumbprint of RFC 7638, so that equal keys have equal names everywhere."""
    required = {member: jwk[member] for member in sorted({"crv", "e", "kty", "n", "x", "y"} & jwk.keys())}
    canonical = json.dumps(required, separators=(",", ":"), sort_keys=True)
    return _base64url(hashlib.sha256(canonical.encode()).digest()).decode()


def _base64url(data: bytes) -> bytes:
    """Without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=")


class LoadedKey:
    """A key in memory. It is decrypted and parsed when it is first needed, once: most tenants use one of their two."""

    def __init__(self, row: SigningKey) -> None:
        self.kid = row.kid
        self.algorithm = row.algorithm
        self.public_jwk: dict[str, Any] = row.public_jwk
        self.signs_from = row.signs_from.timestamp()
        self._sealed = row.private_key
        self._algorithm = jwt.get_algorithm_by_name(row.algorithm)
        self._headers: dict[str, bytes] = {}
        self.follow(row)

    def follow(self, row: SigningKey) -> None:
        """Updates the dates of a cached key."""
        self.retires_at = row.retires_at.timestamp() if row.retires_at else float("inf")

    @cached_property
    def private_key(self) -> PrivateKeyTypes:
        """Signs. The check of an RSA key's numbers takes a hundred signatures' time, and this one we made ourselves:
        decryption is authenticated."""
        return load_der_private_key(unseal(self._sealed), None, unsafe_skip_rsa_key_validation=True)

    def sign(self, claims: Mapping[str, Any], typ: str = "JWT") -> str:
        """A JWT with these claims (RFC 7519 §7.1). Its header is encoded once, PyJWT's algorithm signs."""
        payload = json.dumps(claims, separators=(",", ":")).encode()
        signed = self._header(typ) + b"." + _base64url(payload)
        return (signed + b"." + _base64url(self._algorithm.sign(signed, self.private_key))).decode("ascii")

    def _header(self, typ: str) -> bytes:
        header = self._headers.get(typ)
        if header is None:
            named = {"alg": self.algorithm, "typ": typ, "kid": self.kid}
            header = self._headers[typ] = _base64url(json.dumps(named, separators=(",", ":")).encode())
        return header

    @cached_property
    def public_key(self) -> jwt.PyJWK:
        """Verifies."""
        return jwt.PyJWK.from_dict(self.public_jwk)


class KeyRing:
    """A tenant's keys as this process knows them, read again every CACHE_SECONDS."""

    _rings: Remembered[UUID, "KeyRing"] = Remembered(RINGS_REMEMBERED)

    def __init__(self, keys: list[LoadedKey], read_at: float) -> None:
        self.keys = keys
        self.read_at = read_at

    @classmethod
    def of(cls, tenant: "Tenant") -> "KeyRing":
        ring = cls._rings.get(tenant.pk)
        if ring is None or time.monotonic() - ring.read_at > CACHE_SECONDS:
            ring = cls._read(tenant, ring)
            cls._rings.keep(tenant.pk, ring)
        return ring

    @classmethod
    def forget(cls) -> None:
        """Empties the cache, for tests and for the command that rotates keys."""
        cls._rings.clear()

    @classmethod
    def _read(cls, tenant: "Tenant", earlier: "KeyRing | None") -> "KeyRing":
        """The keys as they are stored now. One that is in memory already stays there, parsed."""
        known = {key.kid: key for key in earlier.keys} if earlier else {}
        keys = []
        for row in SigningKey.objects.filter(tenant=tenant):
            key = known.get(row.kid) or LoadedKey(row)
            key.follow(row)
            keys.append(key)
        return cls(keys, time.monotonic())

    def signing(self, algorithm: str) -> LoadedKey:
        """The key that signs now: the newest one whose `signs_from` has passed.

        If this process's clock is behind and none has passed, the oldest key signs.
        Raises NoSigningKey if there is none at all.
        """
        now = time.time()
        keys = sorted(
            (key for key in self.published() if key.algorithm == algorithm), key=lambda key: key.signs_from
        )
        if not keys:
            raise NoSigningKey(algorithm)
        return next((key for key in reversed(keys) if key.signs_from <= now), keys[0])

    def published(self) -> list[LoadedKey]:
        """Every key that can have signed a token that is still valid, or soon will sign."""
        now = time.time()
        return [key for key in self.keys if now < key.retires_at]

    def find(self, kid: str, algorithm: str) -> LoadedKey | None:
        """The published key with this ID, if it is of this algorithm (RFC 8725 §3.1)."""
        return next((key for key in self.published() if key.kid == kid and key.algorithm == algorithm), None)

"""What should be looked at in how a client is set up, each with its reason (N10). Findings, never a score.

Dates say what was seen, not what is safe: "not used for 90 days" is an observation.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from . import redirect_uris, scopes
from .client_types import ClientType, GrantType
from .consent_rules import ConsentMethod

OLD = timedelta(days=365)
IDLE_DAYS = 90
IDLE = timedelta(days=IDLE_DAYS)
BROAD = scopes.BUNDLES | {scopes.ANY_API}
SHOWN = 5  # values that a finding names


class Finding(StrEnum):
    """The kinds of finding, in the order in which they are shown. The value stands in addresses and exports."""

    MACHINE_ADMINISTRATOR = "machine_administrator"
    TRUSTED_OUTSIDE = "trusted_outside"
    WITHOUT_PKCE = "without_pkce"
    LOCAL_REDIRECT = "local_redirect"
    SEVERAL_HOSTS = "several_hosts"
    BROAD_SCOPES = "broad_scopes"
    OLD_SECRET = "old_secret"
    IDLE_SECRET = "idle_secret"
    IDLE_CLIENT = "idle_client"
    NO_CONTACT = "no_contact"
    RS256 = "rs256"


@dataclass(frozen=True, slots=True)
class SecretFacts:
    """A secret that works now."""

    hint: str
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known about a client in one tenant. `outside`: another owns it, so only the connection is judged.

    `given` are the scopes that it was given within IDLE; None where it has not been watched for so long.
    """

    type: str
    outside: bool
    consent_method: str
    redirect_uris: Collection[str]
    scopes: Collection[str]
    grants: Collection[str]
    algorithm: str
    accepts_no_pkce: bool
    contact_email: str
    secrets: Collection[SecretFacts]
    given: Collection[str] | None
    added_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Found:
    """One finding, and the URLs, scopes or hints that it is about: at most SHOWN."""

    finding: Finding
    about: tuple[str, ...] = ()


def findings(facts: Facts, now: datetime) -> tuple[Found, ...]:
    """What should be looked at, in the order of `Finding`."""
    found = {one.finding: one for one in _all(facts, now)}
    return tuple(found[finding] for finding in Finding if finding in found)


def _all(facts: Facts, now: datetime) -> Iterator[Found]:
    if facts.outside:
        if facts.consent_method == ConsentMethod.TRUSTED:
            yield Found(Finding.TRUSTED_OUTSIDE)
    else:
        yield from _of_registration(facts)
        yield from _of_secrets(facts.secrets, now)
    if facts.given is not None:
        unused = [name for name in facts.scopes if name in BROAD and not _was_given(name, facts.given)]
        if unused:
            yield _about(Finding.BROAD_SCOPES, unused)
    if _idle(facts.added_at, facts.last_used_at, now):
        yield Found(Finding.IDLE_CLIENT)


def _of_registration(facts: Facts) -> Iterator[Found]:
    if GrantType.CLIENT_CREDENTIALS in facts.grants and "admin_classic" in facts.scopes:
        yield _about(Finding.MACHINE_ADMINISTRATOR, ["admin_classic"])
    if facts.accepts_no_pkce:
        yield Found(Finding.WITHOUT_PKCE)
    if not facts.contact_email:
        yield Found(Finding.NO_CONTACT)
    if facts.algorithm == "RS256" and facts.type != ClientType.WEB:
        yield Found(Finding.RS256)
    if facts.type == ClientType.NATIVE:
        return  # its answers stay on the device
    local = [url for url in facts.redirect_uris if _is_local(url)]
    if local:
        yield _about(Finding.LOCAL_REDIRECT, local)
    hosts = {urlsplit(url).hostname or "" for url in facts.redirect_uris if not _is_local(url)}
    if len(hosts) > 1:
        yield _about(Finding.SEVERAL_HOSTS, sorted(hosts))


def _of_secrets(secrets: Collection[SecretFacts], now: datetime) -> Iterator[Found]:
    old = [f"…{secret.hint}" for secret in secrets if now - secret.created_at > OLD]
    if old:
        yield _about(Finding.OLD_SECRET, old)
    idle = [f"…{secret.hint}" for secret in secrets if _idle(secret.created_at, secret.last_used_at, now)]
    if idle:
        yield _about(Finding.IDLE_SECRET, idle)


def _is_local(url: str) -> bool:
    """Whether an answer sent there can be taken by any program on the reader's device, or read on its way."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.scheme == "http" or redirect_uris.is_this_device(f"[{host}]" if ":" in host else host)


def _was_given(broad: str, given: Collection[str]) -> bool:
    """Whether the scope was given, or, of any API, one of its scopes."""
    return broad in given or (broad == scopes.ANY_API and any(scopes.OF_API in name for name in given))


def _idle(since: datetime, last_used_at: datetime | None, now: datetime) -> bool:
    return now - (last_used_at or since) > IDLE


def _about(finding: Finding, values: Collection[str]) -> Found:
    return Found(finding, tuple(values)[:SHOWN])

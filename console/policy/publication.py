"""The terms that other tenants approve when they connect to a published client, and changes of them (S6, S9, N5).

They approve a *version*: how far the client may reach, where its answers go, which pages may call for it, whose it is.
What only narrows or only looks different flows through at once; what reaches further waits, tenant by tenant, for an
administrator's yes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from . import redirect_uris, scopes


@dataclass(frozen=True, slots=True)
class Terms:
    """What a tenant approves: the scope ceiling, the hosts that answers go to, the grants beside the code flow, the
    publisher, and the origins whose pages may call the endpoints."""

    scopes: tuple[str, ...]
    redirect_hosts: tuple[str, ...]
    grants: tuple[str, ...]
    publisher: str
    origins: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        *,
        allowed_scopes: Iterable[str],
        redirect_uris_: Iterable[str],
        grants: Iterable[str],
        publisher: str,
        origins: Iterable[str] = (),
    ) -> "Terms":
        """The terms of a client as it is registered."""
        hosts = {redirect_uris.origin_of(uri) for uri in redirect_uris_}
        return cls(
            tuple(allowed_scopes),
            tuple(sorted(hosts)),
            tuple(sorted(grants)),
            publisher,
            tuple(sorted(set(origins))),
        )

    @classmethod
    def stored(cls, value: Mapping[str, Any]) -> "Terms":
        """The terms as they were approved, read from where they are kept."""
        return cls(
            tuple(value.get("scopes", ())),
            tuple(value.get("redirect_hosts", ())),
            tuple(value.get("grants", ())),
            str(value.get("publisher", "")),
            tuple(value.get("origins", ())),
        )

    def as_json(self) -> dict[str, Any]:
        """The form in which they are kept."""
        return {
            "scopes": list(self.scopes),
            "redirect_hosts": list(self.redirect_hosts),
            "grants": list(self.grants),
            "publisher": self.publisher,
            "origins": list(self.origins),
        }

    def include_origin(self, origin: str) -> bool:
        """Whether pages of `origin` may call: it was approved itself, or answers go to its host anyway."""
        return origin in self.origins or redirect_uris.origin_of(origin) in self.redirect_hosts


@dataclass(frozen=True, slots=True)
class Difference:
    """What is offered now and was not approved, and what has gone."""

    new_scopes: tuple[str, ...] = ()
    gone_scopes: tuple[str, ...] = ()
    new_hosts: tuple[str, ...] = ()
    gone_hosts: tuple[str, ...] = ()
    new_grants: tuple[str, ...] = ()
    gone_grants: tuple[str, ...] = ()
    publisher: tuple[str, str] | None = None
    new_origins: tuple[str, ...] = ()
    gone_origins: tuple[str, ...] = ()

    @property
    def is_wider(self) -> bool:
        """Whether an administrator must be asked: something new, or somebody new."""
        return bool(
            self.new_scopes or self.new_hosts or self.new_grants or self.publisher or self.new_origins
        )


def difference(approved: Terms, offered: Terms) -> Difference:
    """Compares what a tenant approved with what the client offers now."""
    return Difference(
        new_scopes=tuple(scopes.added(offered.scopes, approved.scopes)),
        gone_scopes=tuple(scopes.added(approved.scopes, offered.scopes)),
        new_hosts=tuple(host for host in offered.redirect_hosts if host not in approved.redirect_hosts),
        gone_hosts=tuple(host for host in approved.redirect_hosts if host not in offered.redirect_hosts),
        new_grants=tuple(grant for grant in offered.grants if grant not in approved.grants),
        gone_grants=tuple(grant for grant in approved.grants if grant not in offered.grants),
        publisher=(approved.publisher, offered.publisher)
        if approved.publisher != offered.publisher
        else None,
        new_origins=tuple(origin for origin in offered.origins if not approved.include_origin(origin)),
        gone_origins=tuple(origin for origin in approved.origins if origin not in offered.origins),
    )


def scopes_here(offered: Iterable[str], approved: Iterable[str]) -> list[str]:
    """The scopes that a client has in a tenant: what it offers *and* what the tenant approved."""
    return scopes.common(offered, approved)


def redirect_uris_here(registered: Iterable[str], approved_hosts: Iterable[str]) -> list[str]:
    """The redirect URLs that work in a tenant: those whose host it approved."""
    hosts = set(approved_hosts)
    return [uri for uri in registered if redirect_uris.origin_of(uri) in hosts]

"""Limits of failed sign-ins (ASVS 6.1.1, 6.3.1).

A browser that has signed in to the account before is counted on its own: nobody else's failures touch it, so nobody
can lock the owner out (a "device cookie", OWASP Authentication Cheat Sheet). All others are counted by where they
are: per account and network, per network for all accounts together, and per account for all networks together. A wider
network may fail more often than a narrow one, because more people share it, but not without end.
"""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)
FAILURES_OF_KNOWN_BROWSER = 10
FAILURES_PER_ACCOUNT_AND_SOURCE = 10
FAILURES_PER_SOURCE = 100
# Of all browsers together that the account does not know, wherever they are.
FAILURES_PER_ACCOUNT = 50
MAILS_PER_ACCOUNT = 3  # one-time links that anybody can have sent to an account
# Clients that register themselves where anybody may (RFC 7591 §5): in one tenant, from one address and all together.
REGISTRATIONS_PER_SOURCE = 10
REGISTRATIONS_PER_TENANT = 60


@dataclass(frozen=True, slots=True)
class Network:
    """Where attempts come from, and how many may fail there in one window: at one account, and at all together."""

    name: str
    per_account: int
    in_all: int


# Prefix lengths, narrow to wide: an address or what one customer gets, a site or the neighbours, a provider.
V4 = ((32, FAILURES_PER_ACCOUNT_AND_SOURCE, FAILURES_PER_SOURCE), (24, 20, 400))
V6 = ((64, FAILURES_PER_ACCOUNT_AND_SOURCE, FAILURES_PER_SOURCE), (48, 20, 400), (32, 40, 2000))
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052 §2.1: the whole of IPv4 in one /64


def networks(address: str) -> list[Network]:
    """The networks that an address is counted in, narrow to wide."""
    parsed = _parse(address)
    if parsed is None:
        return [Network("unknown", FAILURES_PER_ACCOUNT_AND_SOURCE, FAILURES_PER_SOURCE)]
    return [
        Network(_name(parsed, prefix), per_account, in_all)
        for prefix, per_account, in_all in (V4 if parsed.version == 4 else V6)
    ]


def _parse(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed in NAT64:
            return ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        return parsed.ipv4_mapped or parsed
    return parsed


def _name(address: ipaddress.IPv4Address | ipaddress.IPv6Address, prefix: int) -> str:
    if prefix == address.max_prefixlen:
        return str(address)
    return str(ipaddress.ip_network((address, prefix), strict=False))


def window_of(now: datetime) -> datetime:
    """The start of the window that `now` falls in."""
    seconds = int(WINDOW.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, tz=now.tzinfo)


def wait(failures: int, limit: int, now: datetime) -> timedelta | None:
    """How long to wait before the next attempt, or None if it may be made now."""
    return window_of(now) + WINDOW - now if failures >= limit else None

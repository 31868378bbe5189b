"""How many failed sign-ins are too many (ASVS 6.1.1, 6.3.1).

Attempts are counted per account *and* where they come from, never per account alone: a stranger who fails on purpose
stops himself, not the account's owner. A browser that has signed in to the account before is counted on its own, so
even a stranger behind the same address cannot lock it out.
"""

import ipaddress
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)
FAILURES_PER_ACCOUNT_AND_SOURCE = 10
FAILURES_PER_SOURCE = 100


def network(address: str) -> str:
    """The source that is counted: an IPv4 address, or the /64 network of an IPv6 address that one customer gets."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address) + "/64"
    return str(parsed)


def window_of(now: datetime) -> datetime:
    """The start of the window that `now` falls in."""
    seconds = int(WINDOW.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, tz=now.tzinfo)


def wait(failures: int, limit: int, now: datetime) -> timedelta | None:
    """How long to wait before the next attempt, or None if it may be made now."""
    return window_of(now) + WINDOW - now if failures >= limit else None

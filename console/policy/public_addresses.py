"""Which hosts and addresses of the public internet a server may ask because a stranger named them (SSRF, ASVS 1.3.6).

Everything that is not known to be public is refused: the ranges of the IANA special-purpose registries (RFC 6890) and
what stands for one of them in another notation or behind a translator.
"""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from .hosts import LABEL

MAX_URL = 2048
USUAL_PORTS = {"https": 443, "http": 80}
# A name of the internet has at least two labels, and its last one is neither a number nor a hexadecimal one: resolvers
# read 127.1, 0x7f.1 and 2130706433 as addresses.
NAME = re.compile(rf"(?=.{{1,253}}$)(?:{LABEL}\.)+(?!\d+$)(?!0x[0-9a-f]*$){LABEL}")
VISIBLE = re.compile(r"[\x21-\x7e]+")
# Names that never lead to the public internet (RFC 6761, RFC 6762, RFC 7686, RFC 8375 and ICANN's .internal).
PRIVATE_NAMES = (
    "localhost", "local", "internal", "intranet", "lan", "home", "corp", "private", "test", "invalid", "onion",
    "alt", "home.arpa", "in-addr.arpa", "ip6.arpa",
)  # fmt: skip

SPECIAL_V4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by a provider's customers (CGNAT)
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # the platform of a cloud, in each of its virtual machines
        "169.254.0.0/16",  # link-local, metadata of clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
GLOBAL_UNICAST = ipaddress.IPv6Network(
    "2000::/3"
)  # all else of IPv6 is unassigned or not public (RFC 4291 §2.4)
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052 §2.1: the last 32 bits are an IPv4 address
SPECIAL_V6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, benchmarking, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address stands in it
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)


class NotPublic(ValueError):
    """A URL or an address that is not asked. The message says why, in English, without repeating the address."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a URL leads: which host and port to connect to, and what to ask there."""

    scheme: str
    host: str
    port: int
    target: str  # path and query

    @property
    def authority(self) -> str:
        """The host as the Host header has it."""
        return self.host if self.port == USUAL_PORTS[self.scheme] else f"{self.host}:{self.port}"


def is_public(address: str) -> bool:
    """Whether an IP address, as a resolver gives it, is a global unicast address of the internet."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        return _is_public_v6(parsed)
    return not any(parsed in network for network in SPECIAL_V4)


def _is_public_v6(address: ipaddress.IPv6Address) -> bool:
    if address.scope_id is not None:
        return False
    if address in NAT64:
        behind = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return not any(behind in network for network in SPECIAL_V4)
    return address in GLOBAL_UNICAST and not any(address in network for network in SPECIAL_V6)


def place_of(url: str) -> Place:
    """Where an https URL leads. Raises NotPublic unless it is spelt in the one way that cannot be misread.

    That is: a host name in lower case and ASCII with a dot in it, port 443 left out, no user name, no fragment.
    """
    parts = _split(url)
    if parts.scheme != "https" or not url.startswith("https://"):
        raise NotPublic("The URL does not begin with https://.")
    if "@" in parts.netloc:
        raise NotPublic("The URL has a user name or password.")
    if ":" in parts.netloc or "[" in parts.netloc:
        raise NotPublic("The URL has a port or an IP address. Only host names on port 443 are asked.")
    check_name(parts.netloc)
    return Place("https", parts.netloc, USUAL_PORTS["https"], _target(parts))


def local_place(url: str, allowed: frozenset[str]) -> Place | None:
    """Where a URL leads whose `host:port` the operator has allowed for trials; None for any other."""
    try:
        parts = _split(url)
        port = parts.port or USUAL_PORTS[parts.scheme]
    except (NotPublic, ValueError, KeyError):
        return None
    if parts.scheme not in USUAL_PORTS or "@" in parts.netloc or f"{parts.hostname}:{port}" not in allowed:
        return None
    return Place(parts.scheme, str(parts.hostname), port, _target(parts))


def check_name(host: str) -> None:
    """Raises NotPublic unless `host` is a host name of the public internet, in lower case and in ASCII."""
    if not host.isascii():
        raise NotPublic("The host is not in ASCII: write it in the form that begins with xn--.")
    if not NAME.fullmatch(host):
        raise NotPublic("The host is not a complete host name in lower case. IP addresses are not asked.")
    if any(host == name or host.endswith(f".{name}") for name in PRIVATE_NAMES):
        raise NotPublic("The host has a name that is only used inside a network.")
    for label in host.split("."):
        _check_label(label)


def _check_label(label: str) -> None:
    """A label with -- in the third place is in another alphabet, and has one spelling (RFC 5890 §2.3.1, RFC 3492)."""
    if label[2:4] != "--":
        return
    try:
        spelt = label.removeprefix("xn--").encode("ascii").decode("punycode") if label[:2] == "xn" else ""
        good = bool(spelt) and not spelt.isascii() and spelt.encode("punycode").decode("ascii") == label[4:]
    except ValueError:
        good = False
    if not good or spelt != spelt.lower():
        raise NotPublic("The host is not in a valid ASCII form (IDNA).")


def _split(url: str) -> SplitResult:
    if len(url) > MAX_URL or not VISIBLE.fullmatch(url) or "\\" in url:
        raise NotPublic("The URL is too long, or has a character that must be percent-encoded.")
    if "#" in url:
        raise NotPublic("The URL has a fragment.")
    try:
        return urlsplit(url)
    except ValueError:
        raise NotPublic("This is not a URL.") from None


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

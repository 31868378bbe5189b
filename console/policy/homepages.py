"""Which address may be the homepage of an application: people are given it as a link (S2)."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from . import text
from .translation import gettext_noop

MAX_LENGTH = 2048
MAX_HOST = 253  # characters of a name (RFC 1034 §3.1)
# Letters and digits of any language, and hyphens between them. The last label is no number.
LABEL = r"[^\W_](?:(?:[^\W_]|-){0,61}[^\W_])?"
HOST = re.compile(rf"localhost|(?:{LABEL}\.)+(?!\d+\.?$){LABEL}\.?", re.IGNORECASE)
IN_BRACKETS = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::\d+)?")


class InvalidHomepage(ValueError):
    """An address that may not be a homepage. `message` is a sentence for the person, to be translated when shown."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def check(url: str) -> None:
    """Raises InvalidHomepage unless `url` is a complete http or https address that can safely be a link for people."""
    if not url.isprintable() or " " in url or text.is_refused(url):
        raise _not_complete()
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _not_complete() from None
    if not url.lower().startswith(("https://", "http://")) or not _is_host(parts) or port == 0:
        raise _not_complete()
    if "@" in parts.netloc:
        raise InvalidHomepage(gettext_noop("The address must not contain a user name or password."))


def _not_complete() -> InvalidHomepage:
    return InvalidHomepage(gettext_noop("Enter a complete web address that begins with https:// or http://."))


def _is_host(parts: SplitResult) -> bool:
    """Whether it leads to a host: localhost, a name with a dot in it, or an IP address."""
    authority = parts.netloc.rpartition("@")[2]
    if bracketed := IN_BRACKETS.fullmatch(authority):
        return _is_ip_address(bracketed[1], 6)
    host = re.sub(r":\d+$", "", authority)
    return len(host) <= MAX_HOST and bool(HOST.fullmatch(host) or _is_ip_address(host, 4))


def _is_ip_address(host: str, version: int) -> bool:
    try:
        return ipaddress.ip_address(host).version == version
    except ValueError:
        return False

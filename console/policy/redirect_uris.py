"""Which redirect URLs and origins may be registered, and which requests match them (S2, RFC 9700 §4.1, RFC 8252).

Registration is strict so that matching can be an exact comparison of strings: what is registered has one spelling.
"""

import re
from urllib.parse import SplitResult, urlsplit

from .translation import gettext_noop

MAX_LENGTH = 256
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
BELOW_LOCALHOST = ".localhost"
OUT_OF_BAND = re.compile(r"urn:ietf:wg:oauth:2\.0:oob(?::auto)?", re.IGNORECASE)
TWO_ADDRESSES = re.compile(r"[a-z]+://[^?]*https?://", re.IGNORECASE)
# Schemes that a browser executes or that read local files: never a place to send a code to.
FORBIDDEN_SCHEMES = frozenset(
    {
        "javascript",
        "data",
        "vbscript",
        "file",
        "blob",
        "about",
        "view-source",
        "filesystem",
        "ftp",
        "ws",
        "wss",
        "mailto",
    }
)
HOST = re.compile(
    r"^(?:\[[0-9a-f:.]+\]|(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)$"
)
PRIVATE_SCHEME = re.compile(r"^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+$")
UNSAFE_CHARACTERS = re.compile(r"[^\x21-\x7e]|[\"<>\\^`{|}]")
OTHER_LETTERS_IN_HOST = re.compile(r"[a-z]+://[^/?#]*(?![\x00-\x7f])\w", re.IGNORECASE)
BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


class Refused(ValueError):
    """A URL that may not be registered. `message` is a sentence for the person, to be translated when shown."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def is_this_device(host: str) -> bool:
    """Whether a host, brackets of an IPv6 address kept, never leads off this device: a loopback address, localhost,
    or a name below it (RFC 6761 §6.3)."""
    return host in LOOPBACK_HOSTS or host.endswith(BELOW_LOCALHOST)


def check_redirect_url(url: str, *, private_schemes: bool = False) -> None:
    """Raises Refused with the reason if `url` may not be on an allow list.

    https anywhere; http for loopback names only; for native clients also a private-use scheme with a dot in it
    (RFC 8252 §7.1).
    """
    if OUT_OF_BAND.fullmatch(url):
        raise Refused(
            gettext_noop("Codes are no longer shown for copying. Use http://127.0.0.1/callback or https://.")
        )
    parts = _split(url)
    if TWO_ADDRESSES.match(url):
        raise Refused(gettext_noop("These are two addresses. Put each of them in a row of its own."))
    if parts.scheme in FORBIDDEN_SCHEMES:
        raise Refused(gettext_noop("This kind of address cannot receive a sign-in. Use https://."))
    if parts.scheme in {"https", "http"}:
        _check_authority(parts)
        if parts.scheme == "http" and not is_this_device(_host(parts)):
            raise Refused(
                gettext_noop("The address must begin with https://. Only localhost may use http://.")
            )
    elif not private_schemes:
        raise Refused(gettext_noop("The address must begin with https://. Only localhost may use http://."))
    elif not PRIVATE_SCHEME.match(parts.scheme):
        raise Refused(
            gettext_noop(
                "A scheme of your own must be a domain name in reverse, such as com.example.app:/callback."
            )
        )
    steps = re.sub(r"%2e", ".", parts.path, flags=re.IGNORECASE).split("/")
    if any(step.partition(";")[0] in {".", ".."} for step in steps):  # some servers take "..;x" for ".."
        raise Refused(gettext_noop("Write the path without “.” and “..” steps."))


def check_origin(origin: str) -> None:
    """Raises Refused if `origin` is not a serialized origin (RFC 6454 §6.2) that may call from a browser."""
    parts = _split(origin)
    if parts.scheme not in {"https", "http"}:
        raise Refused(gettext_noop("An origin begins with https://. Only localhost may use http://."))
    _check_authority(parts)
    if parts.scheme == "http" and not is_this_device(_host(parts)):
        raise Refused(gettext_noop("An origin begins with https://. Only localhost may use http://."))
    if parts.path or parts.query:
        raise Refused(
            gettext_noop("An origin is only scheme, host and port, without a path: https://app.example.com.")
        )


def _check_characters(url: str) -> None:
    if OTHER_LETTERS_IN_HOST.match(url):
        raise Refused(gettext_noop("Write the domain in its ASCII form, which begins with xn--."))
    if UNSAFE_CHARACTERS.search(url):
        raise Refused(
            gettext_noop("The address contains a space or a character that must be percent-encoded.")
        )
    if BROKEN_ESCAPE.search(url):
        raise Refused(gettext_noop("The address has a % that is not followed by two hexadecimal digits."))


def _split(url: str) -> SplitResult:
    if not url:
        raise Refused(gettext_noop("Enter an address."))
    if len(url) > MAX_LENGTH:
        raise Refused(gettext_noop("The address is too long: at most 256 characters."))
    _check_characters(url)
    if "*" in url:
        raise Refused(gettext_noop("Wildcards are not supported: write out each address in full."))
    if "#" in url:
        raise Refused(
            gettext_noop("Remove the part from # onwards: an address with a fragment cannot receive a code.")
        )
    try:
        parts = urlsplit(url)
    except ValueError:
        raise Refused(gettext_noop("This is not a complete web address.")) from None
    if not parts.scheme or ":" not in url:
        raise Refused(gettext_noop("The address must begin with https://. Only localhost may use http://."))
    if not url.startswith(parts.scheme):
        raise Refused(gettext_noop("Write the scheme and the host in lower case."))
    return parts


def _check_authority(parts: SplitResult) -> None:
    if "@" in parts.netloc:
        raise Refused(gettext_noop("The address must not contain a user name or password."))
    try:
        port = parts.port
    except ValueError:
        raise Refused(gettext_noop("The port must be a number from 1 to 65535.")) from None
    if port == 0 or parts.netloc.endswith(":"):
        raise Refused(gettext_noop("The port must be a number from 1 to 65535."))
    host = _host(parts)
    if host != host.lower():
        raise Refused(gettext_noop("Write the scheme and the host in lower case."))
    if "_" in host:
        raise Refused(gettext_noop("A host name cannot contain an underscore. Use a name with hyphens."))
    if not HOST.match(host):
        raise Refused(gettext_noop("This is not a complete web address."))
    if (parts.scheme, port) in {("https", 443), ("http", 80)}:
        raise Refused(gettext_noop("Leave out the port: it is the usual one for this scheme."))


def _host(parts: SplitResult) -> str:
    """The host as written, without the port; brackets of an IPv6 address kept."""
    return re.sub(r":\d*$", "", parts.netloc)


def matches(requested: str, registered: str) -> bool:
    """Whether an authorization request's redirect_uri is the registered one.

    Exact string comparison (RFC 9700 §4.1.3), except that the port of an http loopback address is free, because a
    native application listens where it can (RFC 8252 §7.3). `localhost` is treated like the two literal addresses.
    """
    if requested == registered:
        return True
    loopback = _without_loopback_port(requested)
    return loopback is not None and loopback == _without_loopback_port(registered)


def _without_loopback_port(url: str) -> str | None:
    """An http loopback URL without its port, None for any other URL."""
    match = re.fullmatch(
        r"http://((?:[a-z0-9-]{1,63}\.){0,8}localhost|127\.0\.0\.1|\[::1\])(?::([0-9]{1,5}))?(/[^\\]*)?", url
    )
    if not match or UNSAFE_CHARACTERS.search(url) or int(match[2] or 1) not in range(1, 65536):
        return None
    return f"{match[1]}{match[3] or ''}"


def proves_identity(redirect_uri: str) -> bool:
    """Whether only the registered application can receive an answer here.

    True for https, where the host is the proof. A loopback address or a private scheme can be taken by any program
    on the device, so consent given earlier does not stand in for the person (RFC 8252 §8.6).
    """
    parts = urlsplit(redirect_uri)
    return parts.scheme == "https" and not is_this_device(_host(parts))


def origin_of(redirect_uri: str) -> str:
    """What a person is shown as the place where the answer goes: the host, or the scheme of a private-use URL.

    A loopback address is shown without its port: a native application has another one each time (RFC 8252 §7.3).
    """
    parts = urlsplit(redirect_uri)
    if parts.scheme == "http":
        return _host(parts)
    return parts.netloc if parts.scheme == "https" else f"{parts.scheme}:"

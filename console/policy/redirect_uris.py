"""Which redirect URLs and origins may be registered, and which requests match them (S2, RFC 9700 §4.1, RFC 8252).

Registration is strict so that matching can be an exact comparison of strings: what is registered has one spelling.
"""

import re
from collections.abc import Collection, Iterable
from urllib.parse import SplitResult, urlsplit

from .translation import gettext_noop

MAX_LENGTH = 256
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
BELOW_LOCALHOST = ".localhost"
OUT_OF_BAND = re.compile(r"urn:ietf:wg:oauth:2\.0:oob(?::auto)?", re.IGNORECASE)
TWO_ADDRESSES = re.compile(r"[a-z]+://[^?]*https?://", re.IGNORECASE)
# Schemes that mean something already, to a browser, to an operating system or by a standard (IANA's registry of URI
# schemes): no application can own one, and some of them are executed or read local files.
FORBIDDEN_SCHEMES = frozenset(
    {
        "about", "acct", "afp", "android-app", "blob", "brave", "callto", "chrome", "chrome-error",
        "chrome-extension", "chrome-native", "chrome-search", "chrome-untrusted", "cid", "content", "data",
        "devtools", "dict", "dns", "edge", "facetime", "feed", "file", "filesystem", "finger", "ftp",
        "ftps", "geo", "git", "gopher", "hcp", "help", "icap", "im", "imap", "intent", "ios-app", "ipp",
        "ipps", "irc", "irc6", "ircs", "iris", "isolated-app", "itms", "itms-apps", "itms-services", "jar",
        "javascript", "ldap", "ldaps", "livescript", "localhost", "magnet", "mailto", "market", "matrix",
        "mhtml", "mid", "mms", "mmst", "mmsu", "mocha", "moz-extension", "moz-icon", "msrp", "mtqp",
        "mumble", "news", "nfs", "nntp", "opaquelocktoken", "openpgp4fpr", "opera", "payto", "pkcs11",
        "pop", "pres", "res", "resource", "rsync", "rtmp", "rtmps", "rtsp", "rtsps", "safari-extension",
        "safari-web-extension", "search", "search-ms", "service", "sftp", "shell", "sip", "sips", "smb",
        "sms", "smsto", "snews", "snmp", "ssh", "stun", "stuns", "svn", "tel", "telnet", "tftp", "turn",
        "turns", "urn", "vbs", "vbscript", "view-source", "vivaldi", "vnc", "wais", "webcal", "ws", "wss",
        "wtai", "wyciwyg", "xmpp",
    }
)  # fmt: skip
# Families of such schemes: ms-settings of Windows, x-apple.systempreferences of macOS, web+music of web pages.
FORBIDDEN_FAMILIES = ("chrome-", "ms-", "x-apple", "web+")
HTTP_MISSPELT = re.compile(r"h+t+p+s*|https?[+-].*")
HOST = re.compile(
    r"^(?:\[[0-9a-f:.]+\]|(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)$"
)
REVERSED_DOMAIN = re.compile(r"[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+")
SHORT_SCHEME = re.compile(r"[a-z][a-z0-9+-]+")  # one letter is a drive of Windows
HOST_AND_PORT = re.compile(r"[a-z][a-z0-9.-]*:\d+(?:[/?].*)?")
UNSAFE_CHARACTERS = re.compile(r"[^\x21-\x7e]|[\"<>\\^`{|}]")
OTHER_LETTERS_IN_HOST = re.compile(r"[a-z]+://[^/?#]*(?![\x00-\x7f])\w", re.IGNORECASE)
BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


class InvalidAddress(ValueError):
    """A URL that may not be registered. `message` is a sentence for the person, to be translated when shown."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Unproven(InvalidAddress):
    """A private-use scheme that nothing proves to be the application's, and that nobody has confirmed.

    `scheme` is what a person must confirm before the address may be registered (RFC 8252 §7.1, §8.6).
    """

    def __init__(self, scheme: str) -> None:
        super().__init__(
            gettext_noop(
                "Any application on a device can claim this scheme. Use a domain name in reverse, such as "
                "com.example.app:/callback, or confirm the scheme."
            )
        )
        self.scheme = scheme


def is_this_device(host: str) -> bool:
    """Whether a host, brackets of an IPv6 address kept, never leads off this device: a loopback address, localhost,
    or a name below it (RFC 6761 §6.3)."""
    return host in LOOPBACK_HOSTS or host.endswith(BELOW_LOCALHOST)


def check_redirect_url(
    url: str, *, private_schemes: bool = False, confirmed_schemes: Collection[str] = ()
) -> None:
    """Raises InvalidAddress with the reason if `url` may not be on an allow list.

    https anywhere; http for loopback names only; for native clients also a private-use scheme with a dot in it
    (RFC 8252 §7.1). One without a dot raises Unproven, unless it is among `confirmed_schemes`.
    """
    if OUT_OF_BAND.fullmatch(url):
        raise InvalidAddress(
            gettext_noop(
                "Showing a code for copying (oob) is not supported. Use http://127.0.0.1/callback "
                "or https://."
            )
        )
    parts = _split(url)
    if TWO_ADDRESSES.match(url):
        raise InvalidAddress(gettext_noop("These are two addresses. Put each of them in a row of its own."))
    if parts.scheme in {"https", "http"}:
        _check_authority(parts)
        if parts.scheme == "http" and not is_this_device(_host(parts)):
            raise InvalidAddress(
                gettext_noop("The address must begin with https://. Only localhost may use http://.")
            )
    else:
        _check_private_scheme(url, parts, private_schemes)
    _check_steps(parts.path)
    if _is_short(parts.scheme) and parts.scheme not in confirmed_schemes:  # last: all else is right
        raise Unproven(parts.scheme)


def _check_private_scheme(url: str, parts: SplitResult, private_schemes: bool) -> None:
    if is_forbidden(parts.scheme):
        raise InvalidAddress(gettext_noop("This kind of address cannot receive a sign-in. Use https://."))
    if not private_schemes or HOST_AND_PORT.fullmatch(url) or HTTP_MISSPELT.fullmatch(parts.scheme):
        raise InvalidAddress(
            gettext_noop("The address must begin with https://. Only localhost may use http://.")
        )
    if not is_private(parts.scheme):
        raise InvalidAddress(
            gettext_noop(
                "A scheme of your own must be a domain name in reverse, such as com.example.app:/callback."
            )
        )
    if not url.startswith(f"{parts.scheme}:/") and _is_short(parts.scheme):
        raise InvalidAddress(
            gettext_noop("Write a slash after the colon of the scheme, as in myapp:/callback.")
        )


def _check_steps(path: str) -> None:
    steps = re.sub(r"%2e", ".", path, flags=re.IGNORECASE).split("/")
    if any(step.partition(";")[0] in {".", ".."} for step in steps):  # some servers take "..;x" for ".."
        raise InvalidAddress(gettext_noop("Remove “.” and “..” steps from the path."))


def is_forbidden(scheme: str) -> bool:
    """Whether a scheme can never be an application's own."""
    return scheme in FORBIDDEN_SCHEMES or scheme.startswith(FORBIDDEN_FAMILIES)


def is_private(scheme: str) -> bool:
    """Whether a scheme can be an application's own (RFC 8252 §7.1): a domain name in reverse, or a word."""
    return not (scheme in {"https", "http"} or is_forbidden(scheme)) and bool(
        REVERSED_DOMAIN.fullmatch(scheme) or SHORT_SCHEME.fullmatch(scheme)
    )


def _is_short(scheme: str) -> bool:
    return is_private(scheme) and "." not in scheme


def short_schemes(urls: Iterable[str]) -> list[str]:
    """The private-use schemes without a dot among addresses that may otherwise be registered, each once, in order.

    Addresses of a client that is stored name those that somebody has confirmed.
    """
    found = []
    for url in urls:
        try:
            check_redirect_url(url, private_schemes=True)
        except Unproven as unproven:
            found.append(unproven.scheme)
        except InvalidAddress:
            continue
    return list(dict.fromkeys(found))


def check_origin(origin: str) -> None:
    """Raises InvalidAddress if `origin` is not a serialized origin (RFC 6454 §6.2) that may call from a browser."""
    parts = _split(origin)
    if parts.scheme not in {"https", "http"}:
        raise InvalidAddress(gettext_noop("An origin begins with https://. Only localhost may use http://."))
    _check_authority(parts)
    if parts.scheme == "http" and not is_this_device(_host(parts)):
        raise InvalidAddress(gettext_noop("An origin begins with https://. Only localhost may use http://."))
    if parts.path or parts.query:
        raise InvalidAddress(
            gettext_noop("An origin is only scheme, host and port, without a path: https://app.example.com.")
        )


def _check_characters(url: str) -> None:
    if OTHER_LETTERS_IN_HOST.match(url):
        raise InvalidAddress(gettext_noop("Write the domain in its ASCII form, which begins with xn--."))
    if UNSAFE_CHARACTERS.search(url):
        raise InvalidAddress(
            gettext_noop("The address contains a space or a character that must be percent-encoded.")
        )
    if BROKEN_ESCAPE.search(url):
        raise InvalidAddress(
            gettext_noop("The address has a % that is not followed by two hexadecimal digits.")
        )


def _split(url: str) -> SplitResult:
    if not url:
        raise InvalidAddress(gettext_noop("Enter an address."))
    if len(url) > MAX_LENGTH:
        raise InvalidAddress(gettext_noop("The address is too long: at most 256 characters."))
    _check_characters(url)
    if "*" in url:
        raise InvalidAddress(gettext_noop("Wildcards are not supported: write out each address in full."))
    if "#" in url:
        raise InvalidAddress(
            gettext_noop("Remove the part from # onwards: an address with a fragment cannot receive a code.")
        )
    try:
        parts = urlsplit(url)
    except ValueError:
        raise InvalidAddress(gettext_noop("This is not a complete web address.")) from None
    if not parts.scheme or ":" not in url:
        raise InvalidAddress(
            gettext_noop("The address must begin with https://. Only localhost may use http://.")
        )
    if not url.startswith(parts.scheme):
        raise InvalidAddress(gettext_noop("Write the scheme and the host in lower case."))
    return parts


def _check_authority(parts: SplitResult) -> None:
    if "@" in parts.netloc:
        raise InvalidAddress(gettext_noop("The address must not contain a user name or password."))
    try:
        port = parts.port
    except ValueError:
        raise InvalidAddress(gettext_noop("The port must be a number from 1 to 65535.")) from None
    if port == 0 or parts.netloc.endswith(":"):
        raise InvalidAddress(gettext_noop("The port must be a number from 1 to 65535."))
    host = _host(parts)
    if host != host.lower():
        raise InvalidAddress(gettext_noop("Write the scheme and the host in lower case."))
    if "_" in host:
        raise InvalidAddress(
            gettext_noop("A host name cannot contain an underscore. Use a name with hyphens.")
        )
    if not HOST.match(host):
        raise InvalidAddress(gettext_noop("This is not a complete web address."))
    if (parts.scheme, port) in {("https", 443), ("http", 80)}:
        raise InvalidAddress(gettext_noop("Leave out the port: it is the usual one for this scheme."))


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


def page_origins(urls: Iterable[str]) -> list[str]:
    """The origins of the pages that redirect URLs lead to (RFC 6454 §6.2), each once, in order."""
    parts = (urlsplit(url) for url in urls)
    return list(
        dict.fromkeys(f"{part.scheme}://{part.netloc}" for part in parts if part.scheme in {"https", "http"})
    )


def origin_of(redirect_uri: str) -> str:
    """What a person is shown as the place where the answer goes: the host, or the scheme of a private-use URL.

    A loopback address is shown without its port: a native application has another one each time (RFC 8252 §7.3).
    """
    parts = urlsplit(redirect_uri)
    if parts.scheme == "http":
        return _host(parts)
    return parts.netloc if parts.scheme == "https" else f"{parts.scheme}:"

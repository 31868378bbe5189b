"""Where people find help, terms and privacy: addresses that pages show as links, and mail as text."""

import re
from urllib.parse import urlsplit

from . import homepages, text
from .translation import gettext_noop

LINK_LENGTH = 2048
EMAIL_LENGTH = 254
# Without the letters that begin something else in a `mailto:` link (RFC 6068 §2).
LOCAL_PART = re.compile(r"[\w!#$*+/=^`{|}~'-]+(?:\.[\w!#$*+/=^`{|}~'-]+)*")

NOT_HTTPS = gettext_noop("Enter a complete web address that begins with https://.")
NO_EMAIL = gettext_noop("Enter an email address, such as support@example.com.")
NO_CONTACT = gettext_noop("Enter an email address, or a web address that begins with https://.")


class InvalidContact(ValueError):
    """What may not be shown as a contact. `message` is a sentence for the person, to be translated when shown."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def check_link(url: str) -> None:
    """Raises InvalidContact unless `url` is a complete https address that can safely be a link for people."""
    try:
        homepages.check(url)
    except homepages.InvalidHomepage as refused:
        message = refused.message if url.lower().startswith("https://") else NOT_HTTPS
        raise InvalidContact(message) from None
    if urlsplit(url).scheme != "https":
        raise InvalidContact(NOT_HTTPS)


def check_email(address: str) -> None:
    """Raises InvalidContact unless `address` is an e-mail address on a host with a name (RFC 5321 §4.1.2)."""
    local, _at, host = address.rpartition("@")
    well_formed = LOCAL_PART.fullmatch(local) and len(local) <= 64 and homepages.HOST.fullmatch(host)
    if not well_formed or "." not in host or len(address) > EMAIL_LENGTH or text.is_refused(address):
        raise InvalidContact(NO_EMAIL)


def check_support(written: str) -> None:
    """Raises InvalidContact unless it is an e-mail address or an https address."""
    if is_link(written):
        check_link(written)
        return
    try:
        check_email(written)
    except InvalidContact:
        raise InvalidContact(NO_CONTACT) from None


def is_link(contact: str) -> bool:
    """Whether a contact is a web address, and not an e-mail address."""
    return "://" in contact

"""What a person carries from a device to a browser, and how often a device may ask (RFC 8628 §3.2, §5.1, §6.1)."""

import re
import secrets

# Consonants that nobody confuses with one another, and that make no words (RFC 8628 §6.1): 20 of them.
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH = 8  # letters: 34 bits
GROUP = 4
MOST_TYPED = 64  # characters that are looked at
SEPARATORS = re.compile(r"[\s._\u2010-\u2015\u2212-]+")  # hyphens and dashes of every length

INTERVAL = 5  # seconds between two polls of a device
SLOWER = 5  # seconds by which that grows when a device polls too fast (RFC 8628 §3.5)
SLOWEST = 60  # seconds: no further than this
TOLERATED = (
    1  # seconds that a poll may be early: what is sent every 5 seconds does not arrive every 5 seconds
)

# Device codes begun in one minute, of one client in one tenant: by one address, and in all. Anybody can begin one who
# knows a client ID, and each is a row.
BEGUN_PER_ADDRESS = 30
BEGUN_PER_CLIENT = 300

WRONG_PER_PERSON = 10  # user codes that name nothing, of one person in one window (throttling.WINDOW)


def make() -> str:
    """A new user code, without its separator."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def shown(code: str) -> str:
    """The code as people read it: XXXX-XXXX."""
    return "-".join(code[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def read(typed: str) -> str | None:
    """The user code that a person typed, in either case and with any separators; None if it cannot be one."""
    code = SEPARATORS.sub("", typed[:MOST_TYPED]).upper()
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else None

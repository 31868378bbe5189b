"""Client IDs and client secrets that another server has given out: a client moves here and keeps them.

What is made here is in credentials.py. Of what is brought nobody knows how it was made, so it is judged by what it
looks like.
"""

import math
import re

from . import metadata_documents
from .credentials import HINT_LENGTH, Prefix

LONGEST_ID = 128
# Printable ASCII (RFC 6749 §A.1) without a space, and without what means something in an address or around a value,
# or in a command: the console writes commands with it, to be copied.
CLIENT_ID = re.compile(r"[!&'()*+,\-.0-9:;=@A-Z\[\]_a-z|~^{}]+")
NOT_AN_ID = frozenset("'`\"")  # files leave quotation marks around a client ID, and they are taken for that
# The words that stand where a client ID stands in the addresses of the console, and what browsers take for a step.
RESERVED = frozenset(
    {"new", "delete", "deleted", "disable", "enable", "check", "configuration", "connections"}
    | {"bulk", "search", "me", ".", ".."}
)
SECRET = re.compile(r"[\x20-\x7e]+")  # RFC 6749 §A.2
LONGEST_SECRET = 512
# The last characters are kept as a hint, in the clear. What is left must be beyond guessing: nobody is slowed down at
# the token endpoint, and RFC 6749 §10.10 wants 128 bits of what is made anew. Common servers made 32 hexadecimal or 22
# other characters, whose hint takes 20 to 30 bits away.
LEAST_BITS = 100
LEAST_DIFFERENT = 8  # characters: "aaaa…" is as long as it likes
ALPHABETS = (
    (re.compile(r"[0-9]+"), 10),
    (re.compile(r"[0-9a-f]+|[0-9A-F]+"), 16),
    (re.compile(r"[\w-]+"), 64),
)


class NotTaken(ValueError):
    """Why it may not be brought: a sentence for the operator, which never repeats a secret."""


def check_client_id(client_id: str) -> None:
    """Raises NotTaken unless this can be the ID of a client here, unless it is taken: the database knows that."""
    if not client_id or len(client_id) > LONGEST_ID:
        raise NotTaken(f"A client ID has 1 to {LONGEST_ID} characters.")
    if metadata_documents.is_one(client_id.lower()):
        raise NotTaken(
            "A client ID that is a URL names a client ID metadata document. It needs no registration."
        )
    if not CLIENT_ID.fullmatch(client_id) or NOT_AN_ID & set(client_id):
        raise NotTaken(
            "A client ID is of printable ASCII characters, without spaces, quotes and / \\ ? # % < > $."
        )
    if client_id.lower() in RESERVED:
        raise NotTaken(f"“{client_id}” is a word of the console’s addresses and cannot be a client ID.")


def check_secret(secret: str) -> None:
    """Raises NotTaken unless this can be a client's secret: of the right characters, and beyond guessing."""
    if not can_be_presented(secret):
        raise NotTaken(
            f"A client secret is of printable ASCII characters, at most {LONGEST_SECRET} (RFC 6749, A.2)."
        )
    if secret.startswith(tuple(prefix for prefix in Prefix if prefix != Prefix.CLIENT_SECRET)):
        raise NotTaken(
            "The value begins like another kind of credential of this server, and would be taken for one."
        )
    hidden = secret[:-HINT_LENGTH]
    if len(set(secret)) < LEAST_DIFFERENT or len(hidden) * bits_of_a_character(hidden) < LEAST_BITS:
        raise NotTaken(
            "The secret is too easy to guess: it must be random, of at least 30 hexadecimal or 22 other characters. "
            "Leave --client-secret-stdin out to get a new one."
        )


def can_be_presented(secret: str) -> bool:
    """Whether a look-up has any point: everything else than a client secret's characters is none (RFC 6749 §A.2)."""
    return len(secret) <= LONGEST_SECRET and SECRET.fullmatch(secret) is not None


def bits_of_a_character(text: str) -> float:
    """How much one character says, if the text was drawn at random from the smallest usual alphabet that it fits."""
    return math.log2(next((size for alphabet, size in ALPHABETS if alphabet.fullmatch(text)), 95))

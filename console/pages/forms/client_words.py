"""Which clients a word of a search is about. Parts of texts are looked for row by row, in the clients of one tenant."""

from django.db.models import F, Q, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.db.models.lookups import Contains

from ...models import ClientSecret

NAMED = ("name", "client_id", "description")
LISTED = ("redirect_uris", "allowed_scopes")
BETWEEN = frozenset('"[]\\')  # what stands between the values of a list that is stored, and in none of them
HINT_DOTS = "…\N{WORD JOINER}"  # as a hint is shown, and so copied


def of_own(word: str) -> Q:
    """The word in a name, client ID, description, redirect URL or scope, or the hint of a secret that is alive."""
    found = Q()
    for spelling in _spellings(word):
        for column in NAMED:
            found |= Q(**{f"{column}__icontains": spelling})
    if not _is_of_a_list(word):
        return found
    for column in LISTED:
        found |= _in_text(Cast(F(column), TextField()), word)
    hinted = ClientSecret.objects.filter(hint=word.lstrip(HINT_DOTS), removed_at=None)
    return found | Q(pk__in=hinted.values("client"))


def of_outside(word: str) -> Q:
    """Likewise of another tenant's client, with the redirect hosts and scopes that this tenant has approved."""
    found = Q()
    for spelling in _spellings(word):
        for column in NAMED:
            found |= Q(**{f"client__{column}__icontains": spelling})
    if not _is_of_a_list(word):
        return found
    hosts, scopes = KT("terms__redirect_hosts"), Cast(F("scopes"), TextField())
    return found | _in_text(hosts, word) | _in_text(scopes, word)


def _in_text(text: Combinable, word: str) -> Q:
    """As it was typed, or in small letters, as hosts and scopes are: PostgreSQL takes long to fold many long texts."""
    found = Q(Contains(text, Value(word)))
    return found if word.islower() else found | Q(Contains(text, Value(word.lower())))


def _is_of_a_list(word: str) -> bool:
    return word != "," and BETWEEN.isdisjoint(word)


def _spellings(word: str) -> set[str]:
    """The embedded database folds the case of ASCII letters only: other words are also tried as they are usually
    written."""
    return {word} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}

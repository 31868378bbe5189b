"""Searching a list by parts of words, in some columns of its rows."""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

LONGEST = 200
MOST_WORDS = 8
Row = TypeVar("Row", bound=Model)


class WordSearch:
    """Rows by parts of what stands in `columns`. A search never fails: what makes no sense finds nothing."""

    columns: tuple[str, ...] = ("name", "email")

    def __init__(self, sent: Mapping[str, Any]) -> None:
        self.text = str(sent.get("q", "")).replace("\0", "").strip()[:LONGEST]

    def find(self, rows: "QuerySet[Row]") -> "QuerySet[Row]":
        """Those of `rows` that fit every word."""
        for word in self.text.split()[:MOST_WORDS]:
            rows = rows.filter(self._about(word))
        return rows

    def _about(self, word: str) -> Q:
        """The embedded database folds the case of ASCII letters only: other words are tried as they are usually
        written."""
        spellings = {word} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}
        found = Q()
        for spelling in spellings:
            for column in self.columns:
                found |= Q(**{f"{column}__icontains": spelling})
        return found


class MemberSearch(WordSearch):
    """People, and those who are invited, by parts of their name or e-mail address."""


class GroupSearch(WordSearch):
    """Groups by parts of their name or description."""

    columns = ("name", "description")

"""What the consent page says: who asks, for which tenant, as whom, for what, and where the answer goes (P4)."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext

from ..policy import redirect_uris, scopes
from ..policy.consent_rules import Question
from ..policy.scope_catalogue import AREAS, Scope
from .authorization_request import AuthorizationRequest


def context(asked: AuthorizationRequest, question: Question) -> dict[str, Any]:
    """Everything the template shows. Scopes that another requested one contains are not repeated."""
    shown = scopes.roots(asked.scopes)
    new = [name for name in shown if name in question.new_scopes]
    return {
        "client": asked.client,
        "publisher": asked.client.tenant,
        "account": asked.user,
        "redirect_host": redirect_uris.origin_of(asked.redirect_uri),
        "redirect_uri": asked.redirect_uri,
        "question": question,
        "new": grouped(new),
        "known": grouped(name for name in shown if name not in new),
        "keeps_access": scopes.OFFLINE_ACCESS in asked.scopes,
    }


def grouped(names: Iterable[str]) -> list[dict[str, Any]]:
    """Scopes by area, in the catalogue's order, in the reader's language. `openid` alone says nothing to a person."""
    wanted = [scopes.SCOPES[name] for name in names if name != scopes.OPENID]
    areas: dict[str, list[Scope]] = {area: [] for area in AREAS}
    for scope in wanted:
        areas[scope.area].append(scope)
    return [
        {"title": gettext(AREAS[area]), "scopes": [_in_words(scope) for scope in members]}
        for area, members in areas.items()
        if members
    ]


def _in_words(scope: Scope) -> dict[str, Any]:
    return {
        "name": scope.name,
        "title": gettext(scope.title),
        "description": gettext(scope.description),
        "sensitive": scope.sensitive,
    }

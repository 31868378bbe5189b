"""What the consent page says: who asks, for which tenant, as whom, for what, and where the answer goes (P4)."""

from typing import Any

from ..policy import redirect_uris, scopes
from ..policy.consent_rules import Question
from ..scope_words import grouped
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

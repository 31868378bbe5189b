"""The rules of a registration (policy/registration_rules.py) in Django's terms: its settings, errors and languages."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, ngettext

from ..policy import scopes
from ..policy.registration_problems import Problem, Problems
from ..policy.registration_rules import ApiScopes, Limits
from .api import Api
from .tenant import OUTSIDE, Tenant


def limits() -> Limits:
    """How long the lists of a client may be in this region (Q5)."""
    return Limits(
        redirect_urls=settings.LIMITS["redirect_urls"], allowed_origins=settings.LIMITS["allowed_origins"]
    )


def api_scopes(tenant: Tenant, names: object, *, offered: bool) -> ApiScopes:
    """Which of the scopes `names`, of any type, are of APIs that `tenant` has: one query, or none.

    `offered` says whether the client is offered to other tenants. Only a client that nobody registered by hand can have
    ANY_API.
    """
    if tenant.alias == OUTSIDE:
        return ApiScopes(known=frozenset({scopes.ANY_API}))
    wanted = [name for name in names if isinstance(name, str)] if isinstance(names, list | tuple) else []
    known = Api.known_scopes(tenant, wanted)
    published = Api.known_scopes(tenant, known, published=True) if offered else known
    return ApiScopes(known=known, unpublished=known - published)


def in_words(problem: Problem) -> str:
    """What to tell a person about it, in their language."""
    if problem.plural:
        sentence = ngettext(problem.message, problem.plural, problem.parameters["most"])
    else:
        sentence = gettext(problem.message)
    return problem.filled_in(sentence)


def validation_error(problems: Problems, values: object) -> ValidationError:
    """The same as `full_clean` tells it, by field. Of an entry of a list of addresses it says which of `values`."""
    return ValidationError(
        {
            name: [_with_entry(problem, getattr(values, name, ())) for problem in found]
            for name, found in problems.items()
        }
    )


def _with_entry(problem: Problem, entries: object) -> str:
    if problem.place is None or not isinstance(entries, list | tuple):
        return in_words(problem)
    entry = entries[problem.place]
    return f"{entry}: {in_words(problem)}" if isinstance(entry, str) else in_words(problem)

"""The limits of Q5 in words."""

from django.utils.translation import ngettext

from ...models import LimitReached


def reached(limit: LimitReached) -> str:
    """What to tell a person who has come to a limit."""
    if limit.limit == "clients_per_tenant":
        return ngettext(
            "This tenant has reached its limit of %(number)d OAuth client. Delete it if you no longer need it, "
            "or ask the people who run this server for a higher limit.",
            "This tenant has reached its limit of %(number)d OAuth clients. Delete one that you no longer need, "
            "or ask the people who run this server for a higher limit.",
            limit.number,
        ) % {"number": limit.number}
    if limit.limit == "groups_of_person":
        return _of_groups(limit.number)
    if limit.limit == "apis_per_tenant":
        return ngettext(
            "This tenant has reached its limit of %(number)d API. Remove it if you no longer need it.",
            "This tenant has reached its limit of %(number)d APIs. Remove one that you no longer need.",
            limit.number,
        ) % {"number": limit.number}
    if limit.limit == "api_secrets":
        return ngettext(
            "An API can have %(number)d secret. Remove it before you create another.",
            "An API can have %(number)d secrets. Remove one before you create another.",
            limit.number,
        ) % {"number": limit.number}
    if limit.limit == "registration_tokens":
        return ngettext(
            "This tenant can have %(number)d initial access token. Remove it before you create another.",
            "This tenant can have %(number)d initial access tokens. Remove one before you create another.",
            limit.number,
        ) % {"number": limit.number}
    return ngettext(
        "A client can have %(number)d secret. Remove it before you create another.",
        "A client can have %(number)d secrets. Remove one before you create another.",
        limit.number,
    ) % {"number": limit.number}


def _of_groups(number: int) -> str:
    said = ngettext("A person can be in %(number)d group.", "A person can be in %(number)d groups.", number)
    return said % {"number": number}

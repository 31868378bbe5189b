"""The limits of Q5 in words."""

from django.utils.translation import ngettext

from ...models import LimitReached


def reached(limit: LimitReached) -> str:
    """What to tell a person who has come to a limit."""
    if limit.limit == "clients_per_tenant":
        return ngettext(
            "This tenant has %(number)d OAuth client, and that is its limit. Delete one that is not needed any more.",
            "This tenant has %(number)d OAuth clients, and that is its limit. Delete one that is not needed any more.",
            limit.number,
        ) % {"number": limit.number}
    if limit.limit == "client_secrets":
        return ngettext(
            "A client can have %(number)d secret. Remove it before you create another.",
            "A client can have %(number)d secrets. Remove one before you create another.",
            limit.number,
        ) % {"number": limit.number}
    return ngettext(
        "At most %(number)d address is possible in each list.",
        "At most %(number)d addresses are possible in each list.",
        limit.number,
    ) % {"number": limit.number}

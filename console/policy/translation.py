"""Marks a sentence for translation without translating it: pages translate it when they show it."""


def gettext_noop(message: str) -> str:
    """Returns `message` as it is; the name is what `makemessages` looks for."""
    return message


def ngettext_lazy(singular: str, plural: str) -> tuple[str, str]:
    """Returns both sentences as they are; by this name `makemessages` finds that there are two."""
    return singular, plural

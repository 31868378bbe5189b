"""Marks a sentence for translation without translating it: pages translate it when they show it."""


def gettext_noop(message: str) -> str:
    """Returns `message` as it is; the name is what `makemessages` looks for."""
    return message

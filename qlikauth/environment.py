"""How settings are read from the environment: each has a kind, and a value that is none of it is refused in a sentence.

An empty variable counts as one that is not set. Every function raises ImproperlyConfigured, which names the variable.
"""

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from console.policy.hosts import NotAHost, parse_host


def text(name: str, default: str = "") -> str:
    """Any text, without the space around it."""
    return os.environ.get(name, "").strip() or default


def switch(name: str, default: bool) -> bool:
    """on/true/yes/1 or off/false/no/0."""
    value = text(name).lower()
    if not value:
        return default
    if value in {"on", "true", "yes", "1"}:
        return True
    if value in {"off", "false", "no", "0"}:
        return False
    raise ImproperlyConfigured(f"{name} must be on or off, not {value!r}.")


def number(name: str, default: int, *, least: int = 1, most: int) -> int:
    """A whole number from `least` to `most`."""
    value = text(name, str(default))
    # Nine digits are more than any setting has, and few enough for every number that is made from them.
    if value.isascii() and value.isdigit() and len(value) < 10 and least <= int(value) <= most:
        return int(value)
    raise ImproperlyConfigured(f"{name} must be a whole number from {least} to {most}, not {value!r}.")


def idle_and_absolute(
    idle: str, idle_default: int, absolute: str, absolute_default: int, *, most: int
) -> tuple[int, int]:
    """Two limits on the same thing: without use, and in any case. One of them alone takes the other along.

    An idle limit above the absolute one would never be reached: whoever sets both so means something else.
    """
    whole = number(absolute, absolute_default, most=most)
    unused = number(idle, min(idle_default, whole), most=most)
    if unused > whole:
        raise ImproperlyConfigured(
            f"{idle} is {unused} and must not be more than {absolute}, which is {whole}."
        )
    return unused, whole


def choice(name: str, default: str, choices: Collection[str]) -> str:
    """One of `choices`, which are in upper case, however it is written."""
    value = text(name, default).upper()
    if value not in choices:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}, not {value!r}.")
    return value


def texts(name: str) -> list[str]:
    """A comma separated list."""
    return [part.strip() for part in text(name).split(",") if part.strip()]


def host(name: str, default: str) -> str:
    """`name` or `name:port`, as hosts are stored."""
    try:
        return parse_host(text(name, default))
    except NotAHost as error:
        raise ImproperlyConfigured(f"{name}: {error}") from None


def local_hosts(name: str) -> frozenset[str]:
    """A comma separated list of `host:port`, each of them on this machine."""
    found = frozenset(texts(name))
    for written in found:
        place, _, port = written.partition(":")
        if place != "127.0.0.1" and place != "localhost" and not place.endswith(".localhost"):
            raise ImproperlyConfigured(
                f"{name}: {written!r} is not a host of this machine, such as localhost:9000."
            )
        if not (port.isascii() and port.isdigit() and 1 <= int(port[:6]) <= 65535):
            raise ImproperlyConfigured(f"{name}: {written!r} must end with a port, such as localhost:9000.")
    return found


def database(name: str, embedded: Path) -> dict[str, Any]:
    """Django's settings of the database at the address in `name`: the file `embedded` if there is none.

    The address may hold a password: no message repeats it.
    """
    address = text(name)
    if not address:
        return database_at("sqlite:///embedded") | {"NAME": str(embedded)}
    if not address.startswith(("postgresql://", "postgres://", "sqlite:///")):
        raise ImproperlyConfigured(
            f"{name} must begin with postgresql:// (or with sqlite:/// and name a file)."
        )
    try:
        found = database_at(address)
    except ValueError:
        found = {}
    if not found.get("NAME"):
        raise ImproperlyConfigured(
            f"{name} is not a complete address: postgresql://user:password@host:port/name, with every special "
            "character of the password percent-encoded."
        )
    return found


def database_at(address: str) -> dict[str, Any]:
    """Django's settings for a database address. Raises ValueError for one that cannot be read."""
    return dict(dj_database_url.parse(address, conn_max_age=None, conn_health_checks=True))


def make_folder(name: str, path: Path) -> None:
    """Makes the folder that `name` names, for this account alone, if it is not there."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"{name}: the folder {path} cannot be made ({error.strerror}).") from None

"""How a tenant looks to people: its logo, its colour, and where they find help, terms and privacy.

For the pages on which an organisation meets people: sign-in, consent, devices, invitations, failures, mail. The console
keeps the product's own colour: it has colours that mean something, and administrators know their tenant.
"""

import hashlib
from functools import lru_cache
from typing import NamedTuple

from django.db import DatabaseError

from ..models import Tenant
from ..models.tenant_settings import TenantSettings
from ..policy import colours, contacts
from .addresses import BRAND_PATH
from .tenancy import settings_of


class Brand(NamedTuple):
    """What pages show of a tenant; "" for what it has not chosen. Addresses of ours are paths."""

    logo: str = ""
    stylesheet: str = ""
    support: str = ""
    support_href: str = ""
    terms_url: str = ""
    privacy_url: str = ""


def brand_of(tenant: Tenant | None) -> Brand:
    """The brand of a tenant. Without a tenant, or a database that answers, there is none: a page about a failure needs
    neither."""
    if tenant is None:
        return Brand()
    try:
        return shown(settings_of(tenant))
    except DatabaseError:
        return Brand()


def shown(chosen: TenantSettings) -> Brand:
    """What pages show of these settings."""
    return Brand(
        logo=logo_path(chosen.logo),
        stylesheet=stylesheet_path(chosen.colour),
        support=chosen.support,
        support_href=href(chosen.support),
        terms_url=chosen.terms_url,
        privacy_url=chosen.privacy_url,
    )


def href(contact: str) -> str:
    """Where a contact leads as a link."""
    return contact if not contact or contacts.is_link(contact) else f"mailto:{contact}"


def logo_path(digest: str) -> str:
    """Where the picture with this digest is; "" for none."""
    return f"{BRAND_PATH}{digest}.webp" if digest else ""


def stylesheet_path(colour: str) -> str:
    """Where the style sheet of this colour is; "" for none. Its name changes when what is in it does."""
    if not colour:
        return ""
    version = hashlib.sha256(stylesheet(colour).encode()).hexdigest()[:8]
    return f"{BRAND_PATH}{colour.removeprefix('#')}-{version}.css"


@lru_cache(maxsize=1000)
def stylesheet(colour: str) -> str:
    """The colours of static/css/tokens.css that this one takes the place of: 4.5:1 for text, whatever it is."""
    light, dark = colours.on_light(colour), colours.on_dark(colour)
    tokens = {
        "accent": (light.accent, dark.accent),
        "accent-hover": (light.hover, dark.hover),
        "on-accent": (light.on_accent, dark.on_accent),
        "accent-edge": (light.edge or "transparent", dark.edge or "transparent"),
        "accent-text": (light.text, dark.text),
        "accent-soft": (light.soft, dark.soft),
        "accent-line": (light.line, dark.line),
        "focus": (light.text, dark.text),
    }
    lines = "".join(f"--{name}:light-dark({one},{other});" for name, (one, other) in tokens.items())
    return f"@layer tokens{{:root{{{lines}}}}}\n"

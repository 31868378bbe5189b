"""The sessions of a person with browsers, as their own page and the console show them (ASVS 7.5.2)."""

from dataclasses import dataclass
from datetime import UTC, datetime

from ..http import sessions
from ..models import BrowserSession, User
from ..policy import browsers

MOST = 50  # sessions that are shown: the newest


@dataclass(frozen=True, slots=True)
class Shown:
    """One session as a page shows it. `browser` is "" for one that does not say what it is."""

    session: BrowserSession
    browser: str
    last_seen: datetime
    is_this_one: bool


def of(user: User, this: str | None) -> list[Shown]:
    """Those that can still be used; first the one with the key `this`, which is the reader's own."""
    shown = []
    for session in BrowserSession.alive(user)[:MOST]:
        known = session.session.get_decoded()
        if sessions.belongs_here(known, user.tenant):
            last_seen = datetime.fromtimestamp(known.get(sessions.SEEN, 0), tz=UTC)
            shown.append(
                Shown(session, browsers.called(session.agent), last_seen, session.session_id == this)
            )
    return sorted(shown, key=lambda one: not one.is_this_one)

"""Sessions as Django keeps them in the database, read by a statement that is built once: every page begins with it."""

from datetime import datetime

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from ..models.prepared import PreparedQuery


class SessionStore(DatabaseStore):
    """The store that `settings.SESSION_ENGINE` names."""

    def _get_session_from_db(self) -> Session | None:
        found = _LIVE.first(self.session_key or "", timezone.now())
        if found is None:
            self._session_key = None
        return found


_LIVE = PreparedQuery(
    lambda key, now: Session.objects.filter(session_key=key, expire_date__gt=now), str, datetime
)

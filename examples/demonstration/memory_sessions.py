"""Sessions in this process's memory: the browser's cookie holds a random name, never a token."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from typing import Any

from flask import Flask, Request, Response
from flask.sessions import SessionInterface, SessionMixin

COOKIE = "demonstration_session"
KEPT = 500
"""Sessions kept at most; the one that was used longest ago is forgotten first."""


class MemorySession(dict[str, Any], SessionMixin):
    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key

    def renew(self) -> None:
        """Go on under a new key, so that whoever knew the one from before the sign-in has nothing."""
        self.retired, self.key = self.key, secrets.token_urlsafe(32)

    retired = ""


class MemorySessions(SessionInterface):
    def __init__(self, secure: bool) -> None:
        self.secure = secure
        self.sessions: OrderedDict[str, MemorySession] = OrderedDict()
        self.lock = threading.Lock()

    def open_session(self, app: Flask, request: Request) -> MemorySession:
        with self.lock:
            known = self.sessions.get(request.cookies.get(COOKIE, ""))
            return known if known is not None else MemorySession(secrets.token_urlsafe(32))

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        assert isinstance(session, MemorySession)
        with self.lock:
            self.sessions.pop(session.retired, None)
            self.sessions.pop(session.key, None)
            if not session:
                return
            self.sessions[session.key] = session
            while len(self.sessions) > KEPT:
                self.sessions.popitem(last=False)
        response.set_cookie(COOKIE, session.key, httponly=True, samesite="Lax", secure=self.secure)

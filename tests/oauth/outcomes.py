"""What comes of a request at an endpoint for programs, in the words of a test: it is refused so, a token is dead."""

import re
from datetime import timedelta
from typing import Any
from unittest import mock

from console.models import UnfinishedAct, unfinished_act
from tests.oauth.driver import Application
from tests.oauth.signed import decoded

DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749 §5.2
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


def assert_refused(response: Any, error: str, status: int = 400) -> dict[str, Any]:
    """The error answer of RFC 6749 §5.2, which nobody may keep, with Qlik's envelope in it and no token."""
    assert response["Content-Type"].startswith(JSON), response.content[:500]
    body: dict[str, Any] = response.json()
    assert (response.status_code, body["error"]) == (status, error), body
    assert response["Cache-Control"] == "no-store"
    assert body["errors"][0]["status"] == str(status)
    assert DESCRIPTION.fullmatch(body["error_description"]), body
    assert not {"access_token", "refresh_token", "id_token"} & body.keys()
    return body


def rows_follow() -> None:
    """Some minutes later: the rows of what was ended say so too, also of what was only just being given."""
    with mock.patch.object(unfinished_act, "SETTLED", timedelta(0)):
        UnfinishedAct.finish_all()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def me(app: Application, access_token: str) -> Any:
    """The REST API's answer to who the holder of the token is."""
    return app.web.get("/api/v1/users/me", headers=bearer(access_token))


def is_alive(app: Application, access_token: str) -> bool:
    """Whether the server still accepts an access token. Every place that is asked must give the same answer."""
    accepted = {me(app, access_token).status_code != 401}
    if decoded(access_token)[1]["sub"] != app.client_id:  # there is no userinfo about a machine
        accepted.add(app.userinfo(access_token).status_code != 401)
    if app.secret:
        response = app.introspect(access_token)
        if response.status_code == 401:  # the client itself is no longer let in
            accepted.add(False)
        else:
            accepted.add(response.json()["active"])
            assert response.json()["active"] or response.json() == {"active": False}
    assert len(accepted) == 1, "introspection, userinfo and the REST API disagree about one token"
    return accepted.pop()

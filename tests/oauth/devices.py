"""A device without a browser, and the person who lets it in, as they are seen from outside (RFC 8628).

tv = Device(client)
begun = tv.begin(scope="openid")
let_in(browser(bob), begun)
tokens = tv.poll(begun).json()
"""

from typing import Any

from django.test import Client as Browser

from console.models import Client, Tenant
from tests import cast
from tests.oauth.driver import Application, hidden_fields, post_form

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
PAGE = "/device"
SCOPES = ["user_default", "openid", "profile", "email", "offline_access"]


def registered(tenant: Tenant, **fields: Any) -> Client:
    """A native client for devices, without any redirect URL."""
    usual = {"type": "native", "name": "Television", "redirect_uris": [], "grant_types": [GRANT]}
    return cast.register(tenant, **usual | {"allowed_scopes": SCOPES} | fields)[0]


class Device(Application):
    """One device with a registered client."""

    def codes(self, **changes: Any) -> Any:
        """The answer to a request for codes."""
        return self.post("/oauth/device_authorization", {}, changes)

    def begin(self, **changes: Any) -> dict[str, Any]:
        """The codes."""
        response = self.codes(**changes)
        assert response.status_code == 200, response.content
        begun: dict[str, Any] = response.json()
        return begun

    def poll(self, begun: dict[str, Any], **changes: Any) -> Any:
        """One poll with the device code."""
        usual = {"grant_type": GRANT, "device_code": begun["device_code"]}
        return self.post("/oauth/token", usual, changes)

    def let_in(self, browser: Browser, **changes: Any) -> dict[str, Any]:
        """The codes of a device that the person has allowed."""
        begun = self.begin(**changes)
        let_in(browser, begun)
        return begun

    def signed_in(self, browser: Browser, **changes: Any) -> dict[str, Any]:
        """The tokens of a device that the person has allowed."""
        response = self.poll(self.let_in(browser, **changes))
        assert response.status_code == 200, response.content
        tokens: dict[str, Any] = response.json()
        return tokens


def enter(browser: Browser, begun: dict[str, Any] | str) -> Any:
    """The person types the code."""
    code = begun if isinstance(begun, str) else begun["user_code"]
    return post_form(browser, PAGE, {"user_code": code})


def question(browser: Browser, begun: dict[str, Any]) -> Any:
    """The page that asks, after the code was entered."""
    entered = enter(browser, begun)
    assert entered.status_code == 303, entered.content[:2000]
    return browser.get(entered["Location"])


def decide(browser: Browser, page: Any, decision: str, **fields: str) -> Any:
    """Answers the page as its form does."""
    sent = {**hidden_fields(page), "decision": decision, **fields}
    return post_form(browser, page.wsgi_request.get_full_path(), sent)


def let_in(browser: Browser, begun: dict[str, Any], decision: str = "allow") -> Any:
    """Enters the code and decides; the page at the end."""
    decided = decide(browser, question(browser, begun), decision)
    assert decided.status_code == 303, decided.content[:2000]
    return browser.get(decided["Location"])

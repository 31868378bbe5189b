"""A person at a browser, as far as the documented form fields go (see person.mjs)."""

from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

PAGES = 12


class Form:
    """A form of a page: where it goes, and what it sends along by itself."""

    def __init__(self, action: str) -> None:
        self.action = action
        self.fields: set[str] = set()
        self.hidden: dict[str, str] = {}


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", "")))
        elif tag in {"input", "button"} and self.forms and given.get("name"):
            self.forms[-1].fields.add(given["name"])
            if given.get("type") == "hidden":
                self.forms[-1].hidden[given["name"]] = given.get("value", "")


def allow(authorization_url: str, email: str, password: str, redirect_uri: str) -> str:
    """Follows an authorization request to the application's redirect URL; returns that with the answer in it."""
    browser = requests.Session()
    response = browser.get(authorization_url, allow_redirects=False, timeout=30)
    for _ in range(PAGES):
        if response.is_redirect:
            url = urljoin(response.url, response.headers["Location"])
            if url.startswith(redirect_uri):
                return url
            response = browser.get(url, allow_redirects=False, timeout=30)
            continue
        response.raise_for_status()
        answers = {"password": {"email": email, "password": password}, "decision": {"decision": "allow"}}
        reader = _Forms()
        reader.feed(response.text)
        form, field = next(
            (form, field) for form in reader.forms for field in answers if field in form.fields
        )
        response = browser.post(
            urljoin(response.url, form.action),
            form.hidden | answers[field],
            allow_redirects=False,
            timeout=30,
        )
    raise AssertionError(f"no end in sight at {response.url}")

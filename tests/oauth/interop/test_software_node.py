"""Node's express-openid-connect and simple-oauth2, unmodified, set up as their documentation shows."""

from pathlib import Path

import pytest

from console.models import Tenant, User
from tests import cast, node
from tests.oauth.interop import programs
from tests.oauth.interop.person import Forms, Person, allow
from tests.served import free_port

HERE = Path(__file__).parent
pytestmark = [pytest.mark.usefixtures("local_names"), pytest.mark.django_db(transaction=True)]


def command(script: str) -> programs.Command:
    node.packages()
    names = HERE / "local_names.mjs"
    return [node.executable(), "--import", names.as_uri(), HERE / script]


def test_express_openid_connect_with_codes(acme: Tenant, bob: User, tmp_path: Path):
    port = free_port()
    home = f"http://localhost:{port}"
    client, secret = cast.register(
        acme, redirect_uris=[f"{home}/callback"], post_logout_redirect_uris=[home], algorithm="RS256"
    )
    given = {"ISSUER": acme.issuer, "CLIENT_ID": client.client_id, "CLIENT_SECRET": secret}

    with programs.running(
        command("express_openid_connect.mjs"), tmp_path, port, RESPONSE_TYPE="code", **given
    ):
        person = Person(bob.email)
        page = person.visit(f"{home}/").json()
        assert person.seen == ["password", "decision"]
        assert page["user"]["sub"] == page["userinfo"]["sub"] == str(bob.pk)
        assert page["userinfo"]["email"] == bob.email

        assert person.visit(f"{home}/later").json()["renewed"]

        sign_out = person.get(f"{home}/logout")
        assert sign_out.headers["Location"].startswith(f"{acme.issuer}/oauth/logout?")
        person.follow(sign_out, until="password")  # back at the application, which asks for a new sign-in
        assert person.seen[-1] == "password"


@pytest.mark.spec("OAuth 2.1", "10.1")
def test_express_openid_connect_without_codes_is_told_that_there_are_only_codes(
    acme: Tenant, bob: User, tmp_path: Path
):
    """Its bare default is `response_type=id_token`, the implicit flow, which is not here."""
    port = free_port()
    home = f"http://localhost:{port}"
    client, _secret = cast.register(acme, redirect_uris=[f"{home}/callback"], algorithm="RS256")
    given = {"ISSUER": acme.issuer, "CLIENT_ID": client.client_id}

    with programs.running(command("express_openid_connect.mjs"), tmp_path, port, **given):
        page = Person(bob.email).visit(f"{home}/")

    ((action, fields, _names),) = Forms(page.text).forms
    assert action == f"{home}/callback"
    assert dict(fields)["error"] == "unsupported_response_type"


def test_simple_oauth2(acme: Tenant, bob: User):
    client, secret = cast.register(acme)
    redirect_uri = client.redirect_uris[0]

    result = programs.conversation(
        command("simple_oauth2.mjs"),
        lambda url: allow(url, bob.email, cast.PASSWORD, redirect_uri),
        ISSUER=acme.issuer,
        CLIENT_ID=client.client_id,
        CLIENT_SECRET=secret,
        REDIRECT_URI=redirect_uri,
    )

    assert result["userinfo"]["email"] == bob.email
    assert result["expired"] is False
    assert result["rotated"]
    assert programs.is_over(acme, result["access_token"])

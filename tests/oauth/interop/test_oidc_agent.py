"""oidc-agent, unmodified, as a native client: Debian's packages, unpacked without being installed."""

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import requests

from console.models import Tenant, User
from tests import cast, software
from tests.oauth.interop import programs
from tests.oauth.interop.person import Person

# The two programs' package, and the libraries that a Debian without a desktop lacks.
PACKAGES = [
    "oidc-agent-cli",
    "liboidc-agent4",
    "libcjson1",
    "libmicrohttpd12",
    "libqrencode4",
    "libsecret-1-0",
    "libsecret-common",
    "libsodium23",
    "libseccomp2",
]
SECONDS = 60
pytestmark = [pytest.mark.usefixtures("local_names"), pytest.mark.django_db(transaction=True)]
Environment = dict[str, str]


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Environment]:
    """The environment of programs that talk to a running agent, whose home is the test's own."""
    folder = software.from_debian("oidc-agent", PACKAGES)
    if folder is None:
        pytest.skip("NOT TESTED: oidc-agent comes as packages of Debian 12, which apt does not have here")
    libraries = ":".join(str(found) for found in (folder / "usr" / "lib").glob("*-linux-gnu"))
    home = tmp_path / "home"
    (home / ".oidc-agent").mkdir(parents=True)
    environment = programs.environment(
        HOME=str(home), LD_LIBRARY_PATH=libraries, PATH=f"{folder / 'usr' / 'bin'}:{os.environ['PATH']}"
    )
    with _running(environment):
        yield environment


@contextmanager
def _running(environment: Environment) -> Iterator[None]:
    started = _run(environment, "oidc-agent")
    environment |= dict(re.findall(r"(OIDC\w+)=([^;]+);", started))
    try:
        yield
    finally:
        _run(environment, "oidc-agent", "--kill")


def _run(environment: Environment, *command: str, answer: str = "") -> str:
    done = subprocess.run(
        command, env=environment, input=answer, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _own_port() -> int:
    """One that nobody listens on, from oidc-agent's documented 4242 on: it takes none above 49151."""
    for port in range(4242, 4342):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no free port")


def test_a_native_client(acme: Tenant, bob: User, agent: Environment, tmp_path: Path):
    own = f"http://localhost:{_own_port()}"
    client, _none = cast.register(acme, type="native", redirect_uris=[own])
    password = tmp_path / "password"
    password.write_text(cast.PASSWORD)
    account = [
        "--iss",
        acme.issuer,
        "--client-id",
        client.client_id,
        "--client-secret",
        "",
        "--redirect-uri",
        own,
    ]
    asked = ["--scope", "openid email offline_access", "--flow", "code", "--no-url-call", "--no-scheme"]
    command = ["oidc-gen", "--manual", *account, *asked, "--pw-file", str(password), "acme"]

    with subprocess.Popen(
        command,
        env=agent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as generator:
        try:
            assert generator.stdout
            said, url = "", ""
            while not url and (line := generator.stdout.readline()):
                said += line
                url = line.strip() if line.startswith(acme.issuer) else ""
            assert url, said
            person = Person(bob.email)
            person.visit(url)  # comes back to the agent, which listens on this machine
            said += generator.communicate(timeout=SECONDS)[0]
        finally:
            generator.kill()
    assert generator.returncode == 0, said
    assert person.seen == ["password", "decision"]

    first = _run(agent, "oidc-token", "acme").strip()
    later = _run(agent, "oidc-token", "--force-new", "acme").strip()  # with the refresh token
    assert later != first
    userinfo = requests.get(
        f"{acme.issuer}/oauth/userinfo", headers={"Authorization": f"Bearer {later}"}, timeout=SECONDS
    )
    assert userinfo.json()["email"] == bob.email

    _run(agent, "oidc-gen", "--delete", "--pw-file", str(password), "acme", answer="yes\n")
    assert programs.is_over(acme, later)

"""What ends access in one process holds at once in every other, whatever that one keeps of the client (SE-13)."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.served import ROOT, Served, environment_of, free_port, http, new_database, served, status_of
from tests.served_clients import ACTS, COUNT

pytestmark = pytest.mark.loopback
BODY = b"grant_type=client_credentials&scope=apps:read"
REFUSED = {"ask_for_consent": 400, "narrow": 400}  # of any other act the client is unknown by then: 401


@dataclass
class World:
    """A region that two servers serve, and its clients: one for each act."""

    port: int
    database: dict[str, str]
    servers: tuple[Served, Served]
    host: str
    clients: dict[str, Any]

    def ask(self, server: Served, path: str, act: str, body: bytes) -> bytes:
        return server.ask(http("POST", path, self.host, self.clients[act]["authorization"], body=body))

    def run(self, *arguments: str) -> str:
        return run(self.port, self.database, *arguments)


def run(port: int, database: dict[str, str], *arguments: str) -> str:
    """What `tests.served_clients` says."""
    command = [sys.executable, "-m", "tests.served_clients", str(port), *arguments]
    environment = environment_of(port, database)
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    return done.stdout


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    port = free_port()
    with new_database(tmp_path_factory.mktemp("two")) as database:
        made = json.loads(run(port, database, "make"))
        with served(port, database) as one, served(free_port(), database) as other:
            yield World(port, database, (one, other), made["host"], made["clients"])


def token_in(answer: bytes) -> str:
    return str(json.loads(answer.partition(b"\r\n\r\n")[2])["access_token"])


@pytest.mark.parametrize("act", ACTS)
def test_an_act_of_one_process_is_known_to_all(world: World, act: str):
    for _ in range(2):  # the second time the client is known to the process
        answers = [world.ask(server, "/oauth/token", act, BODY) for server in world.servers]
        assert [status_of(answer) for answer in answers] == [200, 200]
    tokens = [token_in(answer) for answer in answers]

    world.run(act, world.clients[act]["client_id"])

    for server, token in zip(world.servers, tokens, strict=True):
        assert status_of(world.ask(server, "/oauth/token", act, BODY)) == REFUSED.get(act, 401)
        asked = world.ask(server, "/oauth/introspect", act, f"token={token}".encode())
        assert status_of(asked) == 401 or b'{"active": false}' in asked


@pytest.mark.spec("requirements", "P8")
def test_what_a_process_has_counted_is_written_when_it_is_told_to_stop(world: World):
    with served(free_port(), world.database) as server:
        for _ in range(3):
            assert status_of(world.ask(server, "/oauth/token", COUNT, BODY)) == 200
    counted = json.loads(world.run(COUNT, world.clients[COUNT]["client_id"]))
    assert counted["of_client"] == 3
    assert counted["in_total"] == counted["of_tenant"]  # whatever the other servers have written by now

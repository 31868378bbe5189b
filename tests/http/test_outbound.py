"""What is fetched because a stranger named it: one small document of a public host, and nothing else (SSRF)."""

import gzip
import socket
import ssl
import threading
from contextlib import suppress

import pytest

from console.http import outbound
from console.http.outbound import MAX_BYTES, Failure, NotFetched, fetch

from .documents import HOST, PUBLIC, URL, site

pytestmark = pytest.mark.loopback
SOON = 0.5  # seconds: a deadline that a test can wait for


@pytest.fixture
def internet(tmp_path):
    with site(tmp_path) as made:
        yield made


def failure(internet, url=URL, deadline=20.0):
    with pytest.raises(NotFetched) as refused:
        fetch(url, world=internet.world, deadline=deadline)
    return refused.value.failure


def test_it_gives_the_document_and_its_headers(internet):
    internet.says(b'{"client_id": "x"}', "Cache-Control: max-age=600")

    fetched = fetch(URL, world=internet.world)

    assert fetched.body == b'{"client_id": "x"}'
    assert fetched.headers["cache-control"] == "max-age=600"


def test_it_asks_for_the_path_and_the_host_and_says_nothing_of_anybody(internet):
    fetch(f"{URL}?v=1", world=internet.world)

    head = internet.asked[0].decode().lower()
    assert head.startswith("get /client.json?v=1 http/1.1\r\n")
    assert f"host: {HOST}\r\n" in head
    assert "accept-encoding: identity\r\n" in head
    assert not any(name in head for name in ("cookie", "authorization", "referer"))


def test_it_connects_to_the_address_that_was_checked_whatever_the_name_means_later(internet):
    """DNS rebinding: the second answer would be the metadata service of a cloud."""
    internet.addresses = [[PUBLIC], ["169.254.169.254"]]

    fetch(URL, world=internet.world)

    assert internet.opened == [(PUBLIC, 443)]
    assert internet.looked_up == [HOST]


@pytest.mark.parametrize(
    "addresses",
    [
        [], ["127.0.0.1"], ["10.0.0.1"], ["169.254.169.254"], ["fd00:ec2::254"], ["::1"], ["::ffff:127.0.0.1"],
        [PUBLIC, "127.0.0.1"], ["127.0.0.1", PUBLIC], ["2606:4700::1111", "fe80::1"], ["64:ff9b::7f00:1"],
        ["100.64.0.1"],
    ],
)  # fmt: skip
def test_it_connects_nowhere_unless_all_addresses_are_public(internet, addresses):
    internet.addresses = [addresses]

    assert failure(internet) is Failure.NOT_PUBLIC
    assert internet.opened == []


@pytest.mark.parametrize(
    "url",
    [
        "http://app.example.com/c", "https://127.0.0.1/c", "https://localhost/c", "https://[::1]/c", "https://0x7f.1/c",
        "https://2130706433/c", "https://user@app.example.com/c", "https://app.example.com:8443/c", "file:///etc/passwd",
        "https://app.example.com./c", "https://app.example.com/c#f", "gopher://app.example.com/_x",
    ],
)  # fmt: skip
def test_it_looks_nothing_up_for_a_url_that_is_not_asked(internet, url):
    assert failure(internet, url) is Failure.NOT_PUBLIC
    assert internet.looked_up == []


def test_it_tries_the_next_address_when_nobody_answers_at_the_first(internet):
    internet.addresses = [["2606:4700::1111", PUBLIC]]
    internet.dead = {"2606:4700::1111"}

    fetch(URL, world=internet.world)

    assert internet.opened == [("2606:4700::1111", 443), (PUBLIC, 443)]


def test_it_says_that_nobody_answers(internet):
    internet.dead = {PUBLIC}

    assert failure(internet) is Failure.NO_CONNECTION


def test_it_says_that_a_name_is_unknown(internet, monkeypatch):
    def unknown(host):
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    internet.look_up = unknown

    assert failure(internet) is Failure.NOT_PUBLIC


def test_it_refuses_a_certificate_for_another_name(tmp_path):
    with site(tmp_path, name="other.example.com") as internet:
        assert failure(internet) is Failure.CERTIFICATE


def test_it_refuses_a_certificate_of_nobody_that_is_trusted(internet):
    internet.trust = ssl.create_default_context()

    assert failure(internet) is Failure.CERTIFICATE
    assert internet.asked == []


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 Temporary", "308 Permanent"])
def test_it_follows_no_redirect(internet, status):
    internet.says(b"", "Location: http://127.0.0.1/latest/meta-data", status=status)

    assert failure(internet) is Failure.REDIRECT
    assert len(internet.opened) == len(internet.asked) == 1


@pytest.mark.parametrize("status", ["201 Created", "204 None", "206 Part", "404 Not found", "500 Broken"])
def test_it_takes_only_200(internet, status):
    internet.says(b"{}", status=status)

    assert failure(internet) is Failure.STATUS


@pytest.mark.parametrize(
    "kind",
    ["text/html", "text/json", "application/javascript", "application/jsonp", "image/svg+json", "",
     "application/json; charset=utf-16"],
)  # fmt: skip
def test_it_takes_only_json(internet, kind):
    internet.says(b"{}", f"Content-Type: {kind}")

    assert failure(internet) is Failure.NOT_JSON


@pytest.mark.parametrize(
    "kind",
    ["application/json", "application/JSON; charset=UTF-8", "application/cimd+json", "application/json;x=1"],
)
def test_it_takes_json_by_any_of_its_names(internet, kind):
    internet.says(b"{}", f"Content-Type: {kind}")

    assert fetch(URL, world=internet.world).body == b"{}"


def test_it_unpacks_nothing(internet):
    internet.says(gzip.compress(b" " * 50_000_000), "Content-Encoding: gzip")

    assert failure(internet) is Failure.ENCODED


def test_it_takes_the_longest_document(internet):
    internet.says(b" " * MAX_BYTES)

    assert len(fetch(URL, world=internet.world).body) == MAX_BYTES


def test_it_stops_reading_a_long_document(internet):
    internet.says(b" " * (MAX_BYTES + 1))

    assert failure(internet) is Failure.TOO_LARGE


def test_it_stops_reading_a_document_without_end(internet):
    def endless(line):
        line.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        while True:
            line.sendall(b"1000\r\n" + b" " * 4096 + b"\r\n")

    internet.talk = endless

    assert failure(internet) is Failure.TOO_LARGE


def test_it_takes_no_document_that_ends_too_early(internet):
    internet.answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{}"

    assert failure(internet) is Failure.BROKEN


def test_it_takes_nothing_that_is_not_http(internet):
    internet.answer = b"220 mail.example.com ESMTP\r\n"

    assert failure(internet) is Failure.BROKEN


def dripping(internet, beginning, drop):
    """A host that always has something more to say, so that no pause is long enough to be noticed."""

    def talk(line):
        line.sendall(beginning)
        while not internet.gone.wait(0.01):
            line.sendall(drop)

    return talk


@pytest.mark.parametrize(
    ("beginning", "drop"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\n", b"X"),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n", b" "),
    ],
    ids=["status", "header", "headers", "continue", "body"],
)
def test_it_waits_no_longer_than_the_deadline_however_slowly_it_comes(internet, beginning, drop):
    internet.talk = dripping(internet, beginning, drop)

    assert failure(internet, deadline=SOON) in {Failure.TOO_SLOW, Failure.BROKEN}
    _every_place_is_free()


def test_it_does_not_wait_for_a_resolver_for_ever(internet):
    answered = threading.Event()

    def slow(host):
        answered.wait(20)
        return [PUBLIC]

    internet.look_up = slow

    assert failure(internet, deadline=SOON) is Failure.TOO_SLOW
    answered.set()
    _every_place_is_free()
    assert internet.opened == []  # too late: nobody is asked any more


def _every_place_is_free():
    taken = [outbound._places.acquire(timeout=20) for _ in range(outbound.AT_ONCE)]
    for _ in taken:
        outbound._places.release()
    assert all(taken)


def test_it_fetches_few_at_once(internet):
    for _ in range(outbound.AT_ONCE):
        outbound._places.acquire()
    try:
        assert failure(internet) is Failure.BUSY
    finally:
        for _ in range(outbound.AT_ONCE):
            outbound._places.release()

    assert fetch(URL, world=internet.world).body == b"{}"


def test_it_uses_no_proxy_of_the_environment(internet, monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    fetch(URL, world=internet.world)

    assert internet.opened == [(PUBLIC, 443)]


# --- Trials on one machine --------------------------------------------------------------------------------------


@pytest.fixture
def local():
    """A plain http server of this machine, which answers once."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer():
            with suppress(OSError):
                line, _ = listener.accept()
                with line:
                    line.recv(65536)
                    line.sendall(
                        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
                    )

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def test_it_asks_a_local_host_that_is_allowed_for_trials(local, settings):
    settings.METADATA_LOCAL_HOSTS = frozenset({f"localhost:{local}"})

    assert fetch(f"http://localhost:{local}/client").body == b"{}"


@pytest.mark.parametrize("host", ["127.0.0.1", "app.localhost"])
def test_it_asks_no_other_local_host(local, settings, host):
    settings.METADATA_LOCAL_HOSTS = frozenset({f"localhost:{local}"})

    with pytest.raises(NotFetched):
        fetch(f"http://{host}:{local}/client")

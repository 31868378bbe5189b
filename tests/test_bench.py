"""What measurements say: pairs of neighbouring runs, and a peer that is signed in to before it is measured."""

import collections

import pytest

from bench import peer
from bench.exchange import Answer, Wrong
from bench.measure import OURS, PEER, Results, Run
from bench.operations import REDIRECT_URI, Client, Target

AT = "http://127.0.0.1:1"


def run(cpu: float) -> Run:
    return Run(cpu=cpu, rate=1, median=1, late=1, busy=0)


def redirected(location: str, *cookies: str, status: str = "303 See Other") -> Answer:
    lines = [f"HTTP/1.1 {status}", f"Location: {location}", *(f"Set-Cookie: {cookie}" for cookie in cookies)]
    return Answer("\r\n".join(lines).encode(), b"")


@pytest.fixture
def target() -> Target:
    prepared = peer.Peer(1, {}, Client("machine", "one"), Client("application", "another"))
    return prepared.target(PEER)


def test_a_ratio_is_the_median_of_pairs_and_not_the_ratio_of_medians():
    """In the second round both took ten times as long; something else disturbed one of them in the third."""
    results = Results("PostgreSQL", [])
    for ours, other in ((2.0, 1.0), (20.0, 10.0), (30.0, 3.0)):
        results.runs[OURS, "token", 8].append(run(ours))
        results.runs[PEER, "token", 8].append(run(other))

    assert results.ratio(OURS, PEER, "token") == 2


def test_there_is_no_ratio_of_what_one_of_them_was_not_asked():
    results = Results("PostgreSQL", [])
    results.runs[OURS, "users me", 8].append(run(1))

    assert results.ratio(OURS, PEER, "users me") is None


def test_a_sign_in_follows_redirects_with_cookies_until_the_redirect_uri(target: Target):
    script = peer.sign_in(target)
    asked = [next(script)]
    asked.append(script.send(redirected("/interaction/1", "_interaction=i; path=/interaction/1")))
    asked.append(script.send(redirected(f"{AT}/auth/1", "_session=s; path=/; httponly")))
    with pytest.raises(StopIteration):
        script.send(redirected(f"{REDIRECT_URI}?code=c&state=first", "_session.sig=g; path=/"))

    assert [ask.path.partition("?")[0] for ask in asked] == ["/auth", "/interaction/1", "/auth/1"]
    assert ("Cookie", "_interaction=i; _session=s") in asked[2].headers
    assert target.cookies == {"_session": "s", "_session.sig": "g"}


@pytest.mark.parametrize(
    ("location", "status"), [("/interaction/1", "303 See Other"), ("/nowhere", "400 Bad Request")]
)
def test_a_sign_in_that_never_ends_or_fails_stops_the_measurement(target: Target, location: str, status: str):
    script = peer.sign_in(target)
    next(script)
    answers = [redirected(location, status=status)] * 100

    with pytest.raises(Wrong):
        collections.deque(map(script.send, answers), maxlen=0)

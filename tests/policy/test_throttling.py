"""How many failures are too many, and for whom (ASVS 6.1.1, 6.3.1)."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from console.policy.throttling import FAILURES_PER_ACCOUNT, WINDOW, networks, wait, window_of

pytestmark = pytest.mark.spec("ASVS 5.0", "6.3.1")

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def names(address):
    return [where.name for where in networks(address)]


@pytest.mark.parametrize(
    ("address", "sources"),
    [
        ("192.0.2.1", ["192.0.2.1", "192.0.2.0/24"]),
        ("::ffff:192.0.2.1", ["192.0.2.1", "192.0.2.0/24"]),
        ("64:ff9b::192.0.2.1", ["192.0.2.1", "192.0.2.0/24"]),
        ("2001:db8:1:2:3:4:5:6", ["2001:db8:1:2::/64", "2001:db8:1::/48", "2001:db8::/32"]),
        ("2001:db8:1:2::ffff", ["2001:db8:1:2::/64", "2001:db8:1::/48", "2001:db8::/32"]),
        ("::1", ["::/64", "::/48", "::/32"]),
        ("", ["unknown"]),
        ("unix:", ["unknown"]),
        ("192.0.2.1, 198.51.100.1", ["unknown"]),
        ("192.0.2.01", ["unknown"]),
        ("\0", ["unknown"]),
        ("1" * 100_000, ["unknown"]),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_it_counts_an_address_and_the_networks_that_it_is_in(address, sources):
    assert names(address) == sources


def test_it_does_not_fall_over_an_address_with_a_zone():
    assert names("fe80::1%eth0")[0] in {"fe80::/64", "unknown"}


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
def test_a_wider_network_may_fail_more_often(address):
    assert len(networks(address)) >= 2
    for narrow, wide in pairwise(networks(address)):
        assert narrow.per_account < wide.per_account < FAILURES_PER_ACCOUNT
        assert narrow.in_all < wide.in_all


def test_a_window_has_a_start_that_all_of_it_shares():
    for seconds in (0, 1, 899):
        assert window_of(NOON + timedelta(seconds=seconds)) == NOON
    assert window_of(NOON + WINDOW) == NOON + WINDOW
    assert window_of(NOON).tzinfo is UTC


@pytest.mark.parametrize(
    ("failures", "waits"), [(0, False), (9, False), (10, True), (11, True), (10_000, True)]
)
def test_it_waits_from_the_limit_on(failures, waits):
    assert (wait(failures, 10, NOON + timedelta(minutes=5)) is not None) is waits


def test_it_waits_until_the_window_ends():
    assert wait(10, 10, NOON) == WINDOW
    assert wait(10, 10, NOON + timedelta(minutes=14)) == timedelta(minutes=1)

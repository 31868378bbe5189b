"""Which hosts and addresses are asked because a stranger named them: public ones, in one spelling."""

import pytest

from console.policy.public_addresses import NotPublic, is_public, local_place, place_of

PUBLIC = ["93.184.216.34", "8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0",
          "192.0.1.1", "198.17.255.255", "198.20.0.0", "223.255.255.255", "2606:4700::1111", "2a00:1450:400f::8",
          "64:ff9b::808:808"]  # fmt: skip
NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104 - an address, nothing binds to it
    "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255",
    "127.0.0.1", "127.255.255.254", "168.63.129.16", "169.254.0.1", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1",
    "198.19.255.255", "198.51.100.7", "203.0.113.7", "224.0.0.1", "239.255.255.255", "240.0.0.1",
    "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::10.0.0.1", "64:ff9b:1::7f00:1",
    "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1", "2001:20::1",
    "2001:db8::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1",
    "fd00:ec2::254", "fdff::1", "fe80::1", "fe80::1%eth0", "2606:4700::1%eth0", "fec0::1", "ff02::1", "ff0e::1",
    "4000::1", "", "localhost", "127.1", "0x7f000001", "2130706433", "0177.0.0.1",
]  # fmt: skip

REFUSED_URLS = [
    "http://app.example.com/client", "ftp://app.example.com/client", "file:///etc/passwd", "https:app.example.com/x",
    "HTTPS://app.example.com/client", "//app.example.com/client", "", "https://", "https:///client",
    "https://user@app.example.com/c", "https://user:pw@app.example.com/c", "https://@app.example.com/c",
    "https://app.example.com@127.0.0.1/c", "https://app.example.com#@127.0.0.1/c",
    "https://app.example.com/client#part", "https://app.example.com:443/c", "https://app.example.com:8443/c",
    "https://app.example.com:/c", "https://app.example.com:0/c",
    "https://127.0.0.1/c", "https://127.1/c", "https://2130706433/c", "https://0x7f000001/c", "https://0x7f.1/c",
    "https://0177.0.0.1/c", "https://017700000001/c", "https://1.2.3.0x4/c", "https://app.0x7f/c",
    "https://169.254.169.254/latest/meta-data", "https://8.8.8.8/c", "https://[::1]/c",
    "https://[::ffff:127.0.0.1]/c", "https://[fd00:ec2::254]/c", "https://[::1%25lo]/c",
    "https://localhost/c", "https://app.localhost/c", "https://intern/c", "https://metadata.google.internal/c",
    "https://printer.local/c", "https://nas.home.arpa/c", "https://hidden.onion/c", "https://x.in-addr.arpa/c",
    "https://app.example.com./c", "https://app..example.com/c", "https://.example.com/c", "https://App.example.com/c",
    "https://app_1.example.com/c", "https://-app.example.com/c", "https://app-.example.com/c",
    "https://bücher.example.com/c", "https://①②⑦.0.0.1/c", "https://127。0。0。1/c", "https://\uff4cocalhost/c",
    "https://xn--.example.com/c", "https://xn--abc-.example.com/c", "https://ab--cd.example.com/c",
    "https://xn--Bcher-kva.example.com/c",
    "https://app.example.com\\@127.0.0.1/c", "https://app.example.com/a b", "https://app.example.com/\t",
    "https://app.example.com\n.evil.example/c", "https://app.example.com%2f@127.0.0.1/c", "https://%6c%6f/c",
    "https://app.example.com/c\0", f"https://{'a' * 64}.example.com/c", f"https://{'a.' * 127}com/c",
    f"https://app.example.com/{'a' * 2048}",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_takes_global_unicast(address):
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_refuses_every_address_that_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("url", REFUSED_URLS)
def test_refuses_every_other_spelling_of_a_url(url):
    with pytest.raises(NotPublic):
        place_of(url)


@pytest.mark.parametrize(
    ("url", "host", "target"),
    [
        ("https://app.example.com/client.json", "app.example.com", "/client.json"),
        ("https://xn--bcher-kva.example/c?v=1", "xn--bcher-kva.example", "/c?v=1"),
        ("https://1.example.com/", "1.example.com", "/"),
    ],
)
def test_says_where_a_url_leads(url, host, target):
    place = place_of(url)

    assert (place.host, place.port, place.target, place.authority) == (host, 443, target, host)


def test_takes_exactly_the_local_hosts_that_are_allowed():
    allowed = frozenset({"localhost:9000"})

    place = local_place("http://localhost:9000/c", allowed)
    assert place is not None
    assert place.authority == "localhost:9000"
    for url in (
        "http://localhost:9001/c", "http://127.0.0.1:9000/c", "http://localhost/c", "http://x@localhost:9000/c",
        "gopher://localhost:9000/c", "http://localhost:9000@app.example.com/c", "http://localhost:9000/c#x",
        "http://localhost:99999/c", "https://app.example.com/c",
    ):  # fmt: skip
        assert local_place(url, allowed) is None

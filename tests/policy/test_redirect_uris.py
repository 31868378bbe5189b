"""Which addresses may be registered, and which requests match them (S2, RFC 9700 §4.1, RFC 8252)."""

import pytest

from console.policy import redirect_uris
from console.policy.redirect_uris import (
    InvalidAddress,
    Unproven,
    check_origin,
    check_redirect_url,
    matches,
    origin_of,
    page_origins,
    proves_identity,
    short_schemes,
)

pytestmark = pytest.mark.spec("RFC 9700", "4.1")

ACCEPTED = [
    "https://app.example.com/callback",
    "https://app.example.com",
    "https://app.example.com/",
    "https://app.example.com:8443/callback?tenant=a%20b",
    "https://xn--pp-7kc.example.com/callback",
    "https://192.0.2.1/callback",
    "https://[2001:db8::1]/callback",
    "https://a/b",
    "https://app.example.com/a/.../b",
    "https://app.example.com/a..b/c.",
    "http://localhost/callback",
    "http://localhost:5000/callback",
    "http://127.0.0.1/callback",
    "http://127.0.0.1:49152/callback",
    "http://[::1]:49152/callback",
    "http://app.localhost:3000/cb",
    "http://a.b.localhost/cb",
    "https://app.example.com/cb?next=https://a.example",
]


@pytest.mark.parametrize("url", ACCEPTED)
def test_az08_it_accepts_https_anywhere_and_http_on_this_device(url):
    check_redirect_url(url)
    check_redirect_url(url, private_schemes=True)
    assert matches(url, url)


REFUSED = {
    "az08 http": "http://app.example.com/callback",
    "az08 http, localhost in front": "http://localhost.example.com/callback",
    "az08 http, a name that ends like localhost": "http://applocalhost/callback",
    "az08 http, localhost behind an underscore": "http://a_b.localhost/callback",
    "two addresses": "https://a.example/https://b.example/cb",
    "az08 another loopback": "http://127.0.0.2/callback",
    "az08 short loopback": "http://127.1/callback",
    "az08 any address": "http://0.0.0.0/callback",
    "az08 trailing dot": "http://localhost./callback",
    "az09 javascript": "javascript:alert(1)",
    "az09 javascript in mixed case": "JavaScript:alert(1)",
    "az09 javascript with slashes": "javascript://app.example.com/%0aalert(1)",
    "az09 data": "data:text/html;base64,PHN2Zz4=",
    "az09 vbscript": "vbscript:x",
    "az09 file": "file:///etc/passwd",
    "az09 blob": "blob:https://app.example.com/x",
    "az09 about": "about:blank",
    "az09 view-source": "view-source:https://app.example.com",
    "az09 ftp": "ftp://app.example.com/",
    "az09 wss": "wss://app.example.com/",
    "az09 leading space": " https://app.example.com/",
    "az09 leading tab": "\thttps://app.example.com/",
    "az09 leading line break": "\nhttps://app.example.com/",
    "az09 leading control": "\x01javascript:alert(1)",
    "az09 tab inside": "java\tscript:alert(1)",
    "trailing space": "https://app.example.com/ ",
    "trailing line break": "https://app.example.com/\n",
    "NUL": "https://app.example.com/\0",
    "az03 fragment": "https://app.example.com/#x",
    "az03 empty fragment": "https://app.example.com/#",
    "az04 user": "https://user@app.example.com/",
    "az04 user and password": "https://a:b@app.example.com/",
    "az04 empty user": "https://@app.example.com/",
    "az04 backslash": "https://app.example.com\\@evil.example/",
    "az05 dots": "https://app.example.com/a/../b",
    "az05 one dot": "https://app.example.com/./b",
    "az05 dots at the end": "https://app.example.com/a/..",
    "az05 encoded dots": "https://app.example.com/a/%2e%2E/b",
    "az05 half-encoded dots": "https://app.example.com/a/.%2e/b",
    "az05 dots and semicolon": "https://app.example.com/a/..;/b",
    "az05 dots and parameter": "https://app.example.com/a/..;x=1/b",
    "az06 host in capitals": "https://APP.example.com/",
    "az06 scheme in capitals": "HTTPS://app.example.com/",
    "az06 usual port": "https://app.example.com:443/",
    "az06 usual port, padded": "https://app.example.com:0443/",
    "az06 usual http port": "http://localhost:80/",
    "az06 trailing dot": "https://app.example.com./",
    "az06 IDN": "https://\u0430pp.example.com/",
    "az06 full-width": "https://\uff41pp.example.com/",
    "az07 wildcard": "https://*.example.com/",
    "az07 wildcard path": "https://app.example.com/*",
    "no host": "https:///callback",
    "no slashes": "https:app.example.com/callback",
    "one slash": "https:/app.example.com/callback",
    "no scheme": "app.example.com/callback",
    "relative scheme": "//app.example.com/callback",
    "only a scheme": "https://",
    "host and port for a scheme": "localhost:5000/callback",
    "empty": "",
    "port 0": "https://app.example.com:0/",
    "port too high": "https://app.example.com:65536/",
    "no port": "https://app.example.com:/",
    "port with letters": "https://app.example.com:80a/",
    "underscore": "https://app_x.example.com/",
    "hyphen first": "https://-app.example.com/",
    "empty label": "https://app..example.com/",
    "label of 64": "https://" + "a" * 64 + ".example.com/",
    "open bracket": "https://[::1/",
    "no IPv6": "https://[app]/",
    "IPv6 zone": "http://[::1%25eth0]/",
    "broken escape": "https://app.example.com/%zz",
    "half an escape": "https://app.example.com/%4",
    "quotation mark": 'https://app.example.com/"',
    "markup": "https://app.example.com/<b>",
    "braces": "https://app.example.com/{id}",
    "257 characters": "https://app.example.com/" + "a" * 233,
    "100 kB": "https://app.example.com/" + "a" * 100_000,
    "100 kB of IPv6": "https://[" + ":" * 100_000 + "]/",
    "100 kB of labels": "https://" + "a." * 50_000,
    "100 kB of dots": "https://app.example.com/" + "../" * 33_000,
}


@pytest.mark.parametrize("url", REFUSED.values(), ids=REFUSED)
def test_az01_to_az09_it_refuses_with_a_reason(url):
    for private_schemes in (False, True):
        with pytest.raises(InvalidAddress) as refusal:
            check_redirect_url(url, private_schemes=private_schemes)
        assert refusal.value.message.endswith(".") or "callback." in refusal.value.message


def test_it_says_how_an_international_domain_is_written():
    for url in ("https://\u0430pp.example.com/", "https://r\u00e4ksm\u00f6rg\u00e5s.example?x"):
        with pytest.raises(InvalidAddress, match="xn--"):
            check_redirect_url(url)
    with pytest.raises(InvalidAddress, match="percent-encoded"):
        check_redirect_url("https://app.example.com/r\u00e4ka")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("https://app_x.example.com/", "underscore"),
        ("urn:ietf:wg:oauth:2.0:oob", "copying"),
        ("urn:ietf:wg:oauth:2.0:oob:auto", "copying"),
        ("https://a.example/https://b.example", "two addresses"),
    ],
)
@pytest.mark.parametrize("private_schemes", [True, False])
def test_it_says_what_is_true_of_this_address(url, sentence, private_schemes):
    with pytest.raises(InvalidAddress, match=sentence):
        check_redirect_url(url, private_schemes=private_schemes)


def test_s2_it_accepts_256_characters():
    check_redirect_url("https://app.example.com/" + "a" * (256 - len("https://app.example.com/")))


@pytest.mark.spec("RFC 8252", "7.1")
@pytest.mark.parametrize(
    "url", ["com.example.app:/callback", "com.example.app://callback", "a.b:/", "com.ex-ample.a1:/x"]
)
def test_az12_it_accepts_a_scheme_that_is_a_reversed_domain_for_native_clients_only(url):
    check_redirect_url(url, private_schemes=True)
    with pytest.raises(InvalidAddress):
        check_redirect_url(url)


@pytest.mark.spec("RFC 8252", "7.1")
@pytest.mark.parametrize(
    "url",
    ["myapp:/callback", "myapp://callback", ".com:/x", "com.:/x", "1com.app:/x", "COM.example.app:/x", "com.app:/../x",
     "com.app:/x#y", "com.app:/ x", "intent://x", "com_example.app:/x", ":/x"],
)  # fmt: skip
def test_az12_it_refuses_a_scheme_that_anybody_could_have(url):
    with pytest.raises(InvalidAddress):
        check_redirect_url(url, private_schemes=True)


@pytest.mark.spec("RFC 6454", "6.2")
@pytest.mark.parametrize(
    "origin",
    ["https://app.example.com", "https://app.example.com:8443", "http://localhost:5173", "http://[::1]:3000"],
)
def test_it_accepts_an_origin(origin):
    check_origin(origin)


@pytest.mark.spec("RFC 6454", "6.2")
@pytest.mark.parametrize(
    "origin",
    ["https://app.example.com/", "https://app.example.com/x", "https://app.example.com?x", "http://app.example.com",
     "null", "*", "https://*.example.com", "https://u@app.example.com", "https://app.example.com:443", "com.app:", "",
     "https://APP.example.com", "https://app.example.com#", "javascript:alert(1)", "https://app.example.com\n"],
)  # fmt: skip
def test_it_refuses_what_is_no_origin(origin):
    with pytest.raises(InvalidAddress):
        check_origin(origin)


@pytest.mark.spec("RFC 8252", "7.3")
@pytest.mark.parametrize(
    ("requested", "registered", "same"),
    [
        ("http://127.0.0.1:49152/cb", "http://127.0.0.1/cb", True),
        ("http://127.0.0.1/cb", "http://127.0.0.1:8000/cb", True),
        ("http://[::1]:1/cb", "http://[::1]/cb", True),
        ("http://localhost:5000/cb", "http://localhost:3000/cb", True),
        ("http://localhost:5000/cb", "http://127.0.0.1:5000/cb", False),
        ("http://app.localhost:5000/cb", "http://app.localhost/cb", True),
        ("http://evil.localhost:5000/cb", "http://app.localhost/cb", False),
        ("http://127.0.0.1:5000/cb2", "http://127.0.0.1/cb", False),
        ("http://127.0.0.1:5000/cb?x", "http://127.0.0.1/cb", False),
        ("http://127.0.0.1:0/cb", "http://127.0.0.1/cb", False),
        ("http://127.0.0.1:65536/cb", "http://127.0.0.1/cb", False),
        ("http://127.0.0.1:/cb", "http://127.0.0.1/cb", False),
        ("http://127.0.0.1:\u0661/cb", "http://127.0.0.1/cb", False),
        ("http://127.0.0.1:1/cb\n", "http://127.0.0.1/cb", False),
        ("http://127.0.0.1@evil.example/cb", "http://127.0.0.1/cb", False),
        ("http://127.0.0.1:1@evil.example/cb", "http://127.0.0.1/cb", False),
        ("http://localhost.evil.example/cb", "http://localhost/cb", False),
        ("https://127.0.0.1:1/cb", "https://127.0.0.1/cb", False),
        ("https://app.example.com:8443/cb", "https://app.example.com/cb", False),
        ("https://app.example.com/cb/", "https://app.example.com/cb", False),
        ("http://app.example.com:1/cb", "http://app.example.com/cb", False),
        ("", "", True),
        ("http://127.0.0.1" + "1" * 100_000, "http://127.0.0.1/cb", False),
        ("http://127.0.0.1:1/" + "\\" * 100_000, "http://127.0.0.1/cb", False),
    ],
)  # fmt: skip
def test_az10_az11_only_the_port_of_a_loopback_address_is_free(requested, registered, same):
    assert matches(requested, registered) is same


@pytest.mark.spec("RFC 8252", "8.6")
@pytest.mark.parametrize(
    ("url", "proof", "shown"),
    [
        ("https://app.example.com/cb", True, "app.example.com"),
        ("https://app.example.com:8443/cb", True, "app.example.com:8443"),
        ("http://localhost:5000/cb", False, "localhost"),
        ("http://127.0.0.1:49152/cb", False, "127.0.0.1"),
        ("http://[::1]:49152/cb", False, "[::1]"),
        ("https://localhost:5000/cb", False, "localhost:5000"),
        ("http://app.localhost:5000/cb", False, "app.localhost"),
        ("https://app.localhost:5000/cb", False, "app.localhost:5000"),
        ("com.example.app:/cb", False, "com.example.app:"),
    ],
)
def test_oi07_only_a_host_proves_who_is_listening(url, proof, shown):
    assert proves_identity(url) is proof
    assert origin_of(url) == shown


@pytest.mark.spec("RFC 8252", "8.6")
@pytest.mark.parametrize(
    ("url", "scheme"),
    [
        ("cursor://anysphere.cursor-mcp/oauth/callback", "cursor"),
        ("vscode://publisher.extension/callback", "vscode"),
        ("vscode-insiders://publisher.extension/callback", "vscode-insiders"),
        ("myapp:/cb", "myapp"),
        ("myapp:///cb?x=1", "myapp"),
        ("fb1234://authorize", "fb1234"),
        ("exp+app://x", "exp+app"),
    ],
)
def test_a_scheme_without_a_dot_must_be_confirmed_by_name(url, scheme):
    with pytest.raises(Unproven) as unproven:
        check_redirect_url(url, private_schemes=True, confirmed_schemes=["other", "com.example.app"])
    assert unproven.value.scheme == scheme
    check_redirect_url(url, private_schemes=True, confirmed_schemes=[scheme])
    with pytest.raises(InvalidAddress, match="https"):  # of a site or a page, whatever anybody confirms
        check_redirect_url(url, confirmed_schemes=[scheme])
    assert not proves_identity(url)
    assert origin_of(url) == f"{scheme}:"


NO_ONES_OWN = [
    "javascript://x/%0aalert(1)", "data:text/html,x", "vbscript:/x", "file:///x", "blob:/x", "about:/blank",
    "filesystem:/x", "view-source:/x", "ftp://x", "sftp://x", "ws://x", "wss://x", "mailto:/x", "tel:/1",
    "sms:/1", "intent://x", "android-app://x", "chrome://settings", "chrome-extension://x/y", "edge://x",
    "devtools://x", "resource://x", "moz-extension://x", "jar:/x", "ms-settings:/x", "ms-msdt:/x",
    "search-ms:/x", "x-apple.systempreferences:/x", "web+app:/x", "urn:/x", "ssh://x", "ldap://x",
    "localhost:/cb", "c:/cb", "htps://app.example.com/cb", "htttps://app.example.com/cb", "https+x://a/b",
    "myapp:cb", "myapp:8080/cb", "app.example.com:8443/cb", "myapp:/a/../b", "myapp:/cb#x", "MyApp:/cb",
    "my_app:/cb", "1app:/cb", "myapp:/*",
]  # fmt: skip


@pytest.mark.spec("RFC 8252", "7.1")
@pytest.mark.parametrize("url", NO_ONES_OWN)
def test_what_is_no_applications_own_cannot_be_confirmed(url):
    with pytest.raises(InvalidAddress) as refused:
        check_redirect_url(url, private_schemes=True, confirmed_schemes=[url.partition(":")[0]])
    assert not isinstance(refused.value, Unproven)
    assert short_schemes([url]) == []


def test_it_names_the_schemes_to_confirm_and_the_origins_of_pages():
    urls = [
        "cursor://a/b",
        "https://app.example.com:8443/cb",
        "cursor:/c",
        "com.example.app:/x",
        "myapp:/x",
        "?",
    ]
    assert short_schemes(urls) == ["cursor", "myapp"]
    pages = ["https://a.example/cb", "https://a.example/x", "http://localhost:5173/cb", "com.example.app:/x"]
    assert page_origins(pages) == ["https://a.example", "http://localhost:5173"]


def test_no_forbidden_scheme_can_pass_for_a_private_one():
    assert not [scheme for scheme in redirect_uris.FORBIDDEN_SCHEMES if "." in scheme]

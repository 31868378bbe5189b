"""Which public keys may be registered for private_key_jwt (Q3, RFC 7517, RFC 7518)."""

import base64
import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from console.policy.public_keys import InvalidKey, check, parse

pytestmark = pytest.mark.spec("RFC 7517", "4")


def b64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


RSA = {"kty": "RSA", "alg": "RS256", "kid": "one", "n": b64(b"\x80" + b"\1" * 255), "e": "AQAB"}
POINT = ec.derive_private_key(2, ec.SECP256R1()).public_key().public_numbers()
X, Y = b64(POINT.x.to_bytes(32)), b64(POINT.y.to_bytes(32))
EC = {"kty": "EC", "alg": "ES256", "kid": "one", "crv": "P-256", "x": X, "y": Y}
OKP = {"kty": "OKP", "alg": "EdDSA", "kid": "one", "crv": "Ed25519", "x": X}


@pytest.mark.parametrize(
    "key", [RSA, EC, OKP, RSA | {"alg": "PS256"}, RSA | {"alg": "RS512"}, EC | {"use": "sig"}]
)
def test_it_keeps_the_public_members_and_nothing_else(key):
    kept = parse(json.dumps(key | {"x5u": "https://evil.example", "key_ops": ["verify"], "foo": "bar"}))

    assert kept == key | {"use": "sig"}


@pytest.mark.parametrize(
    ("algorithm", "private"),
    [("ES256", ec.generate_private_key(ec.SECP256R1())), ("ES384", ec.generate_private_key(ec.SECP384R1())),
     ("EdDSA", ed25519.Ed25519PrivateKey.generate())],
)  # fmt: skip
def test_it_keeps_a_key_that_checks_signatures(algorithm, private):
    public = jwt.get_algorithm_by_name(algorithm).to_jwk(private.public_key(), as_dict=True)

    kept = parse(json.dumps({"keys": [public | {"alg": algorithm, "kid": "one"}]}))

    token = jwt.encode({"a": 1}, private, algorithm=algorithm)
    assert jwt.decode(token, jwt.PyJWK.from_dict(kept), algorithms=[algorithm]) == {"a": 1}


@pytest.mark.parametrize("member", ["d", "p", "q", "dp", "dq", "qi", "oth", "k"])
def test_it_refuses_a_private_key_and_says_that_it_was_seen(member):
    with pytest.raises(InvalidKey, match="private key"):
        check(RSA | {member: "AQAB"})


BAD = {
    "kty missing": {name: value for name, value in RSA.items() if name != "kty"},
    "kty symmetric": RSA | {"kty": "oct"},
    "kty a list": RSA | {"kty": ["RSA"]},
    "kty an object": RSA | {"kty": {}},
    "alg none": RSA | {"alg": "none"},
    "alg symmetric": RSA | {"alg": "HS256"},
    "alg of another type": RSA | {"alg": "ES256"},
    "alg a list": RSA | {"alg": ["RS256"]},
    "alg missing": {name: value for name, value in RSA.items() if name != "alg"},
    "kid missing": {name: value for name, value in RSA.items() if name != "kid"},
    "kid empty": RSA | {"kid": ""},
    "kid a number": RSA | {"kid": 1},
    "kid with a line break": RSA | {"kid": "a\nb"},
    "kid with NUL": RSA | {"kid": "a\0b"},
    "kid a lone surrogate": RSA | {"kid": "\ud800"},
    "kid too long": RSA | {"kid": "a" * 256},
    "x and y not on the curve": EC | {"y": X},
    "use enc": RSA | {"use": "enc"},
    "use a list": RSA | {"use": ["sig"]},
    "n too short": RSA | {"n": b64(b"\xff" * 255)},
    "n short, padded with zeros": RSA | {"n": b64(b"\0" * 200 + b"\xff" * 100)},
    "n too long": RSA | {"n": b64(b"\xff" * 1025)},
    "n not base64": RSA | {"n": "!" * 400},
    "n in the other alphabet": RSA | {"n": "+/" * 200},
    "n with padding": RSA | {"n": RSA["n"] + "=="},
    "n with a line break": RSA | {"n": RSA["n"] + "\n"},
    "n not ASCII": RSA | {"n": "\u00e5" * 400},
    "n a number": RSA | {"n": 12345},
    "n missing": {name: value for name, value in RSA.items() if name != "n"},
    "e even": RSA | {"e": b64(b"\2")},
    "e one": RSA | {"e": b64(b"\1")},
    "e zero": RSA | {"e": b64(b"\0")},
    "e long": RSA | {"e": b64(b"\1" * 9)},
    "crv of another algorithm": EC | {"crv": "P-384"},
    "crv unknown": EC | {"crv": "secp256k1"},
    "crv a list": EC | {"crv": ["P-256"]},
    "x too short": EC | {"x": b64(b"\1" * 31)},
    "x too long": EC | {"x": b64(b"\1" * 33)},
    "y missing": {name: value for name, value in EC.items() if name != "y"},
    "okp x too short": OKP | {"x": b64(b"\1" * 31)},
    "okp another curve": OKP | {"crv": "X25519"},
    "empty": {},
}


@pytest.mark.parametrize("key", BAD.values(), ids=BAD)
def test_it_refuses_a_key_that_could_not_be_used(key):
    with pytest.raises(InvalidKey):
        check(key)


@pytest.mark.parametrize(
    "text",
    ["", "x", "[]", "null", "1", '"x"', "{", "-----BEGIN PUBLIC KEY-----", '{"keys": []}', '{"keys": [{}, {}]}',
     '{"keys": [1]}', '{"keys": {}}', "[" * 8000, '{"a":' * 1500, "1" * 8000, "\ud800", "\0", "a" * 100_000],
    ids=lambda text: ascii(text)[:20],
)  # fmt: skip
def test_it_refuses_what_is_no_key_at_all(text):
    with pytest.raises(InvalidKey):
        parse(text)

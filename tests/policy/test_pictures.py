"""A logo is made anew: small, upright, bare; and each bad file has a sentence of its own."""

import random
import zlib
from io import BytesIO

import pytest
from PIL import Image

from console.policy import pictures
from console.policy.pictures import InvalidPicture, logo
from tests.policy.pictures import (
    SVG,
    animated,
    claims_to_be,
    of_many_scans,
    picture,
    upright_when_turned,
    webp_of,
)


def shown(uploaded: bytes) -> Image.Image:
    """What comes of a file, as a browser reads it."""
    opened = Image.open(BytesIO(logo(uploaded).content))
    assert opened.format == "WEBP"
    return opened


def near(pixel: object, wanted: tuple[int, ...], by: int = 12) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(one - other) <= by for one, other in zip(pixel, wanted, strict=True))


@pytest.mark.parametrize("uploaded", [
    picture("PNG"), picture("PNG", "RGBA"), picture("PNG", "L"), picture("PNG", "P"), picture("PNG", "1"),
    picture("PNG", "I;16"), picture("JPEG"), picture("JPEG", "L"), picture("JPEG", "CMYK"),
    picture("WEBP"), picture("WEBP", "RGBA"), picture("WEBP", lossless=True), picture("JPEG", progressive=True),
    picture("PNG", size=(1, 1)), picture("PNG", size=(2500, 1)), picture("PNG", size=(2500, 2500)),
])  # fmt: skip
def test_a_good_file_becomes_a_small_picture(uploaded: bytes):
    opened = shown(uploaded)

    assert max(opened.size) <= pictures.SIDE
    assert len(logo(uploaded).content) <= pictures.SMALL


def test_the_shape_is_kept_and_nothing_is_made_larger():
    assert shown(picture(size=(1000, 250))).size == (256, 64)
    assert shown(picture(size=(40, 30))).size == (40, 30)


def test_what_can_be_seen_through_stays_so():
    opened = shown(picture("PNG", "RGBA"))
    assert opened.mode == "RGBA"
    assert near(opened.getpixel((10, 10)), (200, 30, 30, 128), by=2)
    clear = picture("PNG", "L", transparency=77)
    assert shown(clear).convert("RGBA").getpixel((5, 5))[3] == 0  # type: ignore[index]


def test_a_jpeg_for_printing_has_the_colours_of_a_screen():
    """Cyan none, magenta and yellow all: red."""
    assert near(shown(picture("JPEG", "CMYK")).getpixel((10, 10)), (255, 0, 0))


def test_sixteen_bits_of_grey_are_not_all_white():
    assert near(shown(picture("PNG", "I;16")).getpixel((10, 10)), (78, 78, 78), by=2)


@pytest.mark.parametrize(("turned", "size", "red_at"), [
    (1, (120, 40), (5, 20)), (3, (120, 40), (115, 20)), (6, (40, 120), (20, 5)), (8, (40, 120), (20, 115)),
])  # fmt: skip
def test_a_photograph_stands_upright(turned: int, size: tuple[int, int], red_at: tuple[int, int]):
    opened = shown(upright_when_turned(turned))
    assert opened.size == size
    assert near(opened.getpixel(red_at), (255, 0, 0), by=40)


def test_nothing_that_came_beside_the_picture_is_kept():
    icc = Image.new("RGB", (9, 9))
    file = BytesIO()
    icc.save(
        file,
        "PNG",
        icc_profile=b"a profile with a serial number",
        exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0",
    )
    for uploaded in (upright_when_turned(), file.getvalue(), picture() + b"<script>alert(1)</script>"):
        kept = logo(uploaded)
        assert not {"exif", "xmp", "icc_profile", "comment"} & Image.open(BytesIO(kept.content)).info.keys()
        for word in (b"telephone", b"from me", b"serial", b"script", b"EXIF", b"ICCP"):
            assert word not in kept.content


def test_the_same_picture_has_the_same_name():
    assert logo(picture()).digest == logo(picture()).digest == pictures.digest(logo(picture()).content)
    assert logo(picture()).digest != logo(picture(colour=(1, 2, 3))).digest


def test_a_jpeg_with_many_scans_is_a_picture_as_long_as_a_program_could_have_written_it():
    assert shown(of_many_scans(30)).size == (256, 64)


def test_a_noisy_picture_is_small_too():
    chance = random.Random(1)  # noqa: S311  nothing secret
    noise = Image.frombytes("RGB", (700, 700), chance.randbytes(700 * 700 * 3))
    file = BytesIO()
    noise.save(file, "JPEG", quality=60)
    assert len(logo(file.getvalue()).content) <= 64 * 1024


@pytest.mark.parametrize(("uploaded", "sentence"), [
    (b"", pictures.EMPTY),
    (b"\x89PNG\r\n\x1a\n" + b"\0" * pictures.MOST_BYTES, pictures.TOO_LARGE),
    (SVG, pictures.NO_SVG),
    (b"\xef\xbb\xbf  <svg onload='alert(1)'/>", pictures.NO_SVG),
    (b"<html><body>a page</body></html>", pictures.NO_PICTURE),
    (b"GIF89a" + b"\0" * 50, pictures.NO_GIF),
    (animated("GIF"), pictures.NO_GIF),
    (b"%PDF-1.7 a document", pictures.NO_PICTURE),
    (b"BM" + b"\0" * 100, pictures.NO_PICTURE),
    (picture("TIFF"), pictures.NO_PICTURE),
    (animated("PNG"), pictures.NO_ANIMATION),
    (animated("WEBP"), pictures.NO_ANIMATION),
    (claims_to_be(2501, 2500), pictures.TOO_MANY_PIXELS),
    (claims_to_be(60_000, 60_000), pictures.TOO_MANY_PIXELS),
    (webp_of(16_384, 16_384), pictures.TOO_MANY_PIXELS),
    (claims_to_be(2000, 2000), pictures.DAMAGED),  # fewer pixels than it says
    (webp_of(10, 10), pictures.DAMAGED),
    (b"RIFF\x04\0\0\0WEBP", pictures.DAMAGED),
    (picture("PNG")[:100], pictures.DAMAGED),
    (picture("JPEG")[:300], pictures.DAMAGED),
    (picture("JPEG", size=(900, 900))[:-200], pictures.DAMAGED),
    (picture("WEBP", "RGBA")[:-40], pictures.DAMAGED),
    (of_many_scans(101), pictures.DAMAGED),  # half a megabyte could hold minutes of work
    (claims_to_be(10, 10, text=zlib.compress(b"a" * 80_000_000, 9)), pictures.DAMAGED),
])  # fmt: skip
def test_each_bad_file_has_its_sentence(uploaded: bytes, sentence: str):
    with pytest.raises(InvalidPicture) as refused:
        logo(uploaded)
    assert refused.value.message == sentence


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_file_with_wrong_bytes_is_a_picture_or_refused(kind: str):
    """No other exception, whatever stands in it."""
    good, chance = picture(kind, size=(60, 60)), random.Random(kind)  # noqa: S311  nothing secret
    for _ in range(150):
        bad = bytearray(good)
        for _ in range(chance.randrange(1, 6)):
            bad[chance.randrange(len(bad))] = chance.randrange(256)
        try:
            made = logo(bytes(bad))
        except InvalidPicture:
            continue
        assert len(made.content) <= 64 * 1024

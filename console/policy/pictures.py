"""Logos that people upload: made anew before anybody else gets to see them.

What is stored and served is never the file that came. It is opened as one of three formats, once the number of pixels
that it claims has been checked; drawn upright and small; and written without anything that came beside the picture:
place, camera, comments, colour profile, whatever stands behind its end.
"""

import hashlib
import struct
from io import BytesIO
from typing import NamedTuple

from PIL import Image, ImageFile, ImageOps
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from .translation import gettext_noop

MOST_BYTES = 512 * 1024  # of what is uploaded
MOST_PIXELS = 6_250_000  # of what is opened: 25 MB of memory
MOST_SCANS = 100  # of a JPEG: programs write about ten, and each costs its decoder a walk through every pixel
SIDE = 256  # pixels of what is kept, at most
SMALL = 24 * 1024  # bytes up to which it is kept without loss
CONTENT_TYPE = "image/webp"

PNG, JPEG, WEBP = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF"
SCAN = b"\xff\xda"  # what a scan of a JPEG begins with, and what stands in none (ITU-T T.81, B.1.1)
ANIMATED = 0x02  # a flag of a WebP's extended header

EMPTY = gettext_noop("The file is empty.")
TOO_LARGE = gettext_noop("The file is too large: at most 512 kB.")
NO_SVG = gettext_noop(
    "SVG files can hold programs, so they are not accepted. Save the logo as PNG, JPEG or WebP."
)
NO_GIF = gettext_noop("GIF files are not accepted. Save the logo as PNG, JPEG or WebP.")
NO_PICTURE = gettext_noop("This is not a PNG, JPEG or WebP image.")
NO_ANIMATION = gettext_noop("The image is animated. Save a single frame of it.")
TOO_MANY_PIXELS = gettext_noop("The image has too many pixels: at most 6 million, such as 2,500 × 2,500.")
DAMAGED = gettext_noop("The image is damaged or incomplete. Export it again and upload the new file.")


class InvalidPicture(ValueError):
    """A file that cannot be a logo. `message` is a sentence for the person, to be translated when shown."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Logo(NamedTuple):
    """A picture as it is kept: WebP, at most SIDE × SIDE pixels; `digest` names it."""

    content: bytes
    digest: str


def logo(uploaded: bytes) -> Logo:
    """The picture of an uploaded file, made anew. Raises InvalidPicture."""
    if not uploaded:
        raise InvalidPicture(EMPTY)
    if len(uploaded) > MOST_BYTES:
        raise InvalidPicture(TOO_LARGE)
    try:
        with _opened(uploaded) as picture:
            content = _written(_drawn(picture))
    except InvalidPicture:
        raise
    except Exception as fault:  # a decoder raises whatever a hostile file makes it raise
        raise InvalidPicture(DAMAGED) from fault
    return Logo(content, digest(content))


def digest(content: bytes) -> str:
    """What names a stored picture: 32 hexadecimal digits that nobody guesses who has not seen it."""
    return hashlib.sha256(content).hexdigest()[:32]


def _opened(uploaded: bytes) -> ImageFile.ImageFile:
    """The picture, not yet decoded. Its first bytes say what it is; its name and what a browser says of it do not."""
    if uploaded.startswith(PNG):
        picture: ImageFile.ImageFile = PngImageFile(BytesIO(uploaded))
        if getattr(picture, "is_animated", False):
            raise InvalidPicture(NO_ANIMATION)
    elif uploaded.startswith(JPEG):
        if uploaded.count(SCAN) > MOST_SCANS:
            raise InvalidPicture(DAMAGED)
        picture = JpegImageFile(BytesIO(uploaded))
    elif uploaded.startswith(WEBP) and uploaded[8:12] == b"WEBP":
        _check_pixels(*_size_of_webp(uploaded))  # its decoder takes the memory as soon as it is opened
        picture = WebPImageFile(BytesIO(uploaded))
    else:
        raise InvalidPicture(_what_it_is(uploaded))
    _check_pixels(*picture.size)
    return picture


def _what_it_is(uploaded: bytes) -> str:
    beginning = uploaded[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if beginning.startswith(b"<") and b"<svg" in uploaded[:8192].lower():
        return NO_SVG
    return NO_GIF if beginning.startswith((b"gif87a", b"gif89a")) else NO_PICTURE


def _check_pixels(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise InvalidPicture(TOO_MANY_PIXELS)


def _size_of_webp(uploaded: bytes) -> tuple[int, int]:
    """Width and height as its header says (RFC 9649 §2.5–2.7). Raises InvalidPicture if it is animated."""
    kind, body = uploaded[12:16], uploaded[20:30]
    if kind == b"VP8X":
        if body[0] & ANIMATED:
            raise InvalidPicture(NO_ANIMATION)
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack("<HH", body[6:10])
    return width & 0x3FFF, height & 0x3FFF


def _drawn(picture: ImageFile.ImageFile) -> Image.Image:
    """The picture upright and small, in plain colours, with nothing beside it."""
    picture.load()
    upright = ImageOps.exif_transpose(picture)
    plain = _plain(upright)
    plain.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    bare = Image.new(plain.mode, plain.size)
    bare.paste(plain)
    return bare


def _plain(picture: Image.Image) -> Image.Image:
    """RGB, or RGBA if something can be seen through; of 16 bits for a grey the upper eight."""
    if picture.mode.startswith("I"):
        picture = picture.convert("I").point(lambda level: level / 256).convert("L")
    seen_through = "A" in picture.mode or "a" in picture.mode or "transparency" in picture.info
    return picture.convert("RGBA" if seen_through else "RGB")


def _written(picture: Image.Image) -> bytes:
    for how in ({"lossless": True}, {"quality": 88}):
        file = BytesIO()
        picture.save(file, "WEBP", method=6, exact=False, **how)
        if file.tell() <= SMALL:
            break
    return file.getvalue()

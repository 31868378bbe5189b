"""Files as people upload them for a logo, good and bad."""

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image

WIDE = (400, 100)


def picture(
    kind: str = "PNG", mode: str = "RGB", size: tuple[int, int] = WIDE, colour: Any = None, **how: Any
) -> bytes:
    """A file of one colour."""
    file = BytesIO()
    usual = {
        "RGB": (200, 30, 30),
        "RGBA": (200, 30, 30, 128),
        "CMYK": (0, 255, 255, 0),
        "L": 77,
        "P": 1,
        "1": 1,
    }
    paint: Any = colour or usual.get(mode, 20_000)
    Image.new(mode, size, paint).save(file, kind, **how)
    return file.getvalue()


def upright_when_turned(turned: int = 6) -> bytes:
    """A JPEG as a telephone writes it: lying, with an orientation that says how to turn it, and with a place."""
    lying = Image.new("RGB", (120, 40), (255, 255, 255))
    lying.paste((255, 0, 0), (0, 0, 40, 40))  # red at its left end
    about = Image.Exif()
    about[0x0112] = turned
    about[0x010F] = "A maker of telephones"
    about.get_ifd(0x8825)[1] = "N"
    file = BytesIO()
    lying.save(file, "JPEG", exif=about, quality=95, comment=b"from me")
    return file.getvalue()


def animated(kind: str) -> bytes:
    """Three frames."""
    frames = [Image.new("RGB", (20, 20), (shade, 0, 0)) for shade in (0, 100, 200)]
    file = BytesIO()
    frames[0].save(file, kind, save_all=True, append_images=frames[1:])
    return file.getvalue()


def of_many_scans(number: int) -> bytes:
    """A JPEG whose last scan, of some bytes, comes so often: each time its decoder walks through every pixel."""
    good = picture("JPEG", progressive=True)
    last, end = good.rfind(b"\xff\xda"), good.rfind(b"\xff\xd9")
    return good[:last] + good[last:end] * number + good[end:]


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG (PNG specification §5.3)."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def claims_to_be(width: int, height: int, *, text: bytes = b"") -> bytes:
    """A small PNG that becomes `width` × `height` pixels when it is opened; `text`: a compressed comment."""
    pixels = zlib.compress(b"\0" * 1_000_000, 9)
    comment = chunk(b"zTXt", b"Comment\0\0" + text) if text else b""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + comment + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def webp_of(width: int, height: int) -> bytes:
    """The header of a WebP of this size, with nothing behind it."""
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + sides
    return b"RIFF" + struct.pack("<I", len(body)) + body


SVG = b"""<?xml version="1.0"?>
<!-- made by a program --><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"""

"""What is to be painted, how the network sees a pixel, and how a picture becomes a PNG file."""

import math
import random
import struct
import zlib
from pathlib import Path

Colour = list[float]
"""Red, green, blue between 0 and 1."""

_SKY_TOP, _SKY_LOW = (0.10, 0.16, 0.42), (0.98, 0.62, 0.36)
_SUN = (1.0, 0.93, 0.62)
_HILLS = ((0.17, 0.20, 0.33), (0.36, 0.27, 0.46))
_SEA, _GLITTER = (0.09, 0.25, 0.38), (0.99, 0.75, 0.47)


def scene(x: float, y: float) -> Colour:
    """An evening at the sea. `x` and `y` go from 0 (left, top) to 1."""
    if y > 0.72:
        return _sea(x, y)
    for colour, height in zip(_HILLS, (_ridge(x, 0.65, 4.7, 2.2), _ridge(x, 0.56, 3.1, 0.4))):  # the nearer hides the further
        if y > height:
            return list(colour)
    distance = math.hypot(x - 0.62, y - 0.40)
    if distance < 0.11:
        return list(_SUN)
    glow = math.exp(-((distance - 0.11) * 5.0))
    return _mix(_mix(_SKY_TOP, _SKY_LOW, min(1.0, y / 0.6) ** 1.5), _SUN, 0.6 * glow)


def _ridge(x: float, height: float, waves: float, shift: float) -> float:
    return height + 0.06 * math.sin(waves * x * math.pi + shift) + 0.02 * math.sin(3.3 * waves * x + shift)


def _sea(x: float, y: float) -> Colour:
    depth = (y - 0.72) / 0.28
    reflection = math.exp(-(((x - 0.62) / (0.06 + 0.10 * depth)) ** 2))
    ripple = 0.5 + 0.5 * math.sin(60.0 * y**1.6 + 4.0 * x)
    return _mix(_mix(_SEA, (0.03, 0.10, 0.20), depth), _GLITTER, reflection * (0.35 + 0.5 * ripple))


def _mix(a, b, share: float) -> Colour:
    return [p + (q - p) * share for p, q in zip(a, b)]


class FourierFeatures:
    """Sines and cosines of random waves across the picture: with bare coordinates a small network learns edges very slowly."""

    def __init__(self, waves: int, rng: random.Random):
        self._waves = [(rng.gauss(0.0, 9.0), rng.gauss(0.0, 9.0)) for _ in range(waves)]
        self.size = 2 * waves + 2

    def __call__(self, x: float, y: float) -> list[float]:
        angles = [a * x + b * y for a, b in self._waves]
        return [2.0 * x - 1.0, 2.0 * y - 1.0, *map(math.sin, angles), *map(math.cos, angles)]


def write_png(path: Path, pixels: list[Colour], width: int, zoom: int) -> None:
    """Writes an 8-bit RGB picture, each pixel as `zoom` × `zoom`. The file appears complete or not at all."""
    lines = []
    for start in range(0, len(pixels), width):
        line = b"".join(bytes(round(255 * min(1.0, max(0.0, part))) for part in pixel) * zoom for pixel in pixels[start : start + width])
        lines += [b"\0" + line] * zoom
    height = len(pixels) // width
    header = struct.pack(">IIBBBBB", width * zoom, height * zoom, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"".join(lines), 9)), (b"IEND", b"")]
    partial = path.with_suffix(".partial")
    partial.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks))
    partial.replace(path)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

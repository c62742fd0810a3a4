"""Folders of thousands of photos: good ones in 30 sizes and every mode, bad ones of every kind, and the model."""

from __future__ import annotations

import io
import os
from itertools import cycle, islice, product
from pathlib import Path

import numpy as np
from PIL import Image

from tests.photos.encoded import png

SIZES = [(8 + 5 * n, 150 - 4 * n) for n in range(30)]  # W0 x H0, from 8 x 150 to 153 x 34
KINDS = (  # mode of the pixels and format of the file
    ("1", "PNG"),
    ("L", "JPEG"),
    ("LA", "PNG"),
    ("P", "GIF"),
    ("P", "PNG"),
    ("RGB", "JPEG"),
    ("RGB", "WEBP"),
    ("RGB", "BMP"),
    ("RGBA", "PNG"),
    ("RGBA", "WEBP"),
    ("CMYK", "JPEG"),
    ("YCbCr", "TIFF"),
    ("LAB", "TIFF"),
    ("I;16", "PNG"),
    ("I", "TIFF"),
    ("F", "TIFF"),
)


def write_good(path: Path, size: tuple[int, int], mode: str, kind: str) -> None:
    """A photo of noise, the same for the same size and mode."""
    width, height = size
    rng = np.random.default_rng(width * 1000 + height)
    rgb = Image.fromarray(rng.integers(0, 256, (height, width, 3), np.uint8))
    if mode == "LAB":
        image = Image.frombytes("LAB", size, rgb.tobytes())
    elif mode in ("I;16", "I", "F"):
        grey = np.asarray(rgb.convert("L")).astype({"I;16": "u2", "I": "i4", "F": "f4"}[mode])
        image = Image.fromarray(grey * 255)
    else:
        image = rgb.convert(mode)
    image.save(path, kind)


def write_bad(path: Path, number: int) -> None:
    """A file with the name of a photo that is none: one of ten kinds, by its number."""
    whole = io.BytesIO()
    Image.effect_noise((40, 30), 80).save(whole, ("PNG", "JPEG")[number % 2])
    makers = (
        lambda: path.touch(),
        lambda: path.write_text("no photo"),
        lambda: path.write_bytes(whole.getvalue()[: 20 + number % 200]),
        lambda: path.write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2]),
        lambda: path.write_bytes(png(60_000, 60_000, depth=8, colour=2, rows=[])),
        lambda: path.write_bytes(b"<!DOCTYPE html><html>"),
        lambda: path.write_bytes(bytes(1000)),
        lambda: os.mkfifo(path),
        lambda: path.symlink_to("/dev/zero"),
        lambda: path.symlink_to("nowhere.jpg"),
    )
    makers[number % len(makers)]()


def write_batch(folder: Path, count: int) -> tuple[int, int]:
    """So many files, every tenth bad; how many are good and bad. Good ones beyond the 480 kinds are links to them."""
    folder.mkdir()
    kinds = list(islice(product(SIZES, KINDS), count))
    first: dict[int, Path] = {}
    good = bad = 0
    for number, (at, (size, (mode, kind))) in zip(range(count), cycle(enumerate(kinds)), strict=False):
        if number % 10 == 9:
            write_bad(folder / f"{number:05}.jpg", bad)
            bad += 1
            continue
        path = folder / f"{number:05}.{kind.lower()}"
        if at in first:
            os.link(first[at], path)
        else:
            write_good(path, size, mode, kind)
            first[at] = path
        good += 1
    return good, bad

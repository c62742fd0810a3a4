"""Damaged photos by the thousand: `make fuzz`, or `python -m tests.fuzz.photos --count 2000 --seed 1`.

Each is exactly one of: a photo, or a PhotoError of one line. Whatever else happens, a crash of the process included, is
printed with the number that makes the file again (`--only KIND --number N`), and ends in exit 1.
"""

from __future__ import annotations

import argparse
import functools
import random
import resource
import subprocess
import sys
import time
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from scorecam_cli.errors import PhotoError
from scorecam_cli.photos.decode import decode_photo
from tests.photos.encoded import exif_orientation, save

KINDS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
# A damaged header may still declare as many pixels as are allowed. Each takes 4 bytes where Pillow decodes it, 4 each
# time it is turned or converted, 3 as RGB and 3 in the array: 89.5 million x (4 + 2 x 4 + 3 + 3) = 1611 MB at most.
LARGEST_MB = 1700
SLOWEST_SECONDS = 10.0  # on a busy machine
INTERESTING = (0, 1, 0x7F, 0x80, 0xFE, 0xFF)


@functools.cache
def originals(kind: str) -> list[bytes]:
    """Small whole files of the format: several modes, with metadata and several frames where it has them."""
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (30, 40, 3), np.uint8))
    options: dict[str, dict[str, object]] = {
        "JPEG": {"exif": exif_orientation(6)},
        "PNG": {"exif": exif_orientation(3)},
        "WEBP": {"exif": exif_orientation(8)},
    }
    files = [save(noise, kind, **options.get(kind, {}))]
    if kind in ("PNG", "GIF", "TIFF", "WEBP"):
        files.append(save(noise, kind, save_all=True, append_images=[noise.rotate(90)]))
    for mode in {"JPEG": ("L", "CMYK"), "PNG": ("1", "LA", "P", "I;16"), "TIFF": ("CMYK", "F", "1")}.get(kind, ("L",)):
        files.append(save(noise.convert("L").convert(mode) if mode == "I;16" else noise.convert(mode), kind))
    if kind == "JPEG":
        files.append(save(noise, kind, progressive=True))
    if kind == "TIFF":
        files += [save(noise, kind, compression=name) for name in ("tiff_lzw", "jpeg", "tiff_adobe_deflate")]
    return files


def mutated(kind: str, number: int, seed: int) -> bytes:
    """The damaged file of that number: one to eight changes to one of the whole files."""
    rng = random.Random(f"{kind} {number} {seed}")
    files = originals(kind)
    data = bytearray(rng.choice(files))
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        if not data:
            break
        # Headers are short and matter most: half of the changes are among the first 64 bytes.
        at = rng.randrange(min(64, len(data)) if rng.random() < 0.5 else len(data))
        length = rng.choice((1, 2, 4, 16, 100))
        change = rng.randrange(7)
        if change == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif change == 1:
            data[at : at + length] = bytes(rng.choice(INTERESTING) for _ in data[at : at + length])
        elif change == 2:
            data[at : at + length] = rng.randbytes(len(data[at : at + length]))
        elif change == 3:
            del data[at : at + length]
        elif change == 4:
            data[at:at] = data[rng.randrange(len(data)) :][:length]
        elif change == 5:
            del data[at:]
        else:
            other = rng.choice(files)
            data[at:] = other[rng.randrange(len(other)) :]
    return with_right_checksums(bytes(data)) if kind == "PNG" and rng.random() < 0.5 else bytes(data)


def with_right_checksums(data: bytes) -> bytes:
    """A PNG whose chunks pass the reader's first check, so that what is in them is looked at."""
    whole, at = bytearray(data), 8
    while at + 12 <= len(whole):
        end = at + 8 + int.from_bytes(whole[at : at + 4], "big")
        if end + 4 <= len(whole):
            whole[end : end + 4] = zlib.crc32(whole[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
    return bytes(whole)


def outcome(data: bytes) -> str:
    """`photo` or `refused`; anything else is a fault of the reader and said as such."""
    try:
        photo = decode_photo(data)
    except PhotoError as error:
        text = str(error)
        return "refused" if text and "\n" not in text else f"no sentence: {text!r}"
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    rgb = photo.rgb
    whole = rgb.dtype == "uint8" and rgb.ndim == 3 and rgb.shape[2] == 3 and rgb.size > 0
    return "photo" if whole else f"shape {rgb.shape} {rgb.dtype}"


def run_kind(kind: str, numbers: range, seed: int) -> int:
    """Read the files of these numbers in this process; print a line for each fault and one of figures; the faults."""
    counts, before = {"photo": 0, "refused": 0}, most_megabytes()
    slowest, slowest_number, faults = 0.0, 0, 0
    for number in numbers:
        print(f"at {number}", file=sys.stderr, flush=True)  # the last one before a crash
        data = mutated(kind, number, seed)
        began = time.monotonic()
        found = outcome(data)
        seconds = time.monotonic() - began
        if seconds > slowest:
            slowest, slowest_number = seconds, number
        if found in counts:
            counts[found] += 1
        else:
            faults += 1
            print(f"{kind} {number}: {found}")
    faults += slowest > SLOWEST_SECONDS
    faults += most_megabytes() - before > LARGEST_MB
    print(
        f"| {kind} | {len(numbers)} | {counts['photo']} | {counts['refused']} | {faults} | {slowest:.3f} (file "
        f"{slowest_number}) | {most_megabytes():.0f} |"
    )
    return faults


def most_megabytes() -> float:
    """The most memory this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000, help="damaged files of each format")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=KINDS, help="one format, in this process")
    parser.add_argument("--number", type=int, help="one file of that format: written here as NUMBER.bin, and read")
    chosen = parser.parse_args()
    if chosen.number is not None:
        data = mutated(chosen.only, chosen.number, chosen.seed)
        Path(f"{chosen.number}.bin").write_bytes(data)
        print(outcome(data))
        return
    if chosen.only:
        sys.exit(bool(run_kind(chosen.only, range(chosen.count), chosen.seed)))
    print("| format | files | photos | refused | faults | slowest, seconds | most memory, MB |")
    print("|---|---|---|---|---|---|---|")
    failed = 0
    for kind in KINDS:
        arguments = ["--only", kind, "--count", str(chosen.count), "--seed", str(chosen.seed)]
        done = subprocess.run([sys.executable, "-m", __spec__.name, *arguments], capture_output=True, text=True)
        print(done.stdout, end="", flush=True)
        if done.returncode not in (0, 1):
            print(f"{kind}: the process ended with {done.returncode} {' '.join(done.stderr.splitlines()[-1:])}")
        failed += done.returncode != 0
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()

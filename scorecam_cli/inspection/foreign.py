"""What a file is that holds no model we read, by its first bytes, and what its owner can do."""

from __future__ import annotations

from scorecam_cli.inspection.limits import CONFIG_BYTES, SAVE_WHOLE

_UNPACK = "is packed or compressed; unpack it and give the .keras or .h5 file inside"
_PHOTO = "is a photo, not a Keras model; give a file ending in .keras, .h5 or .hdf5"

# Where a mark stands, the mark, what the file is and what to do.
_FOREIGN_MARKS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"version https://git-lfs", "is a Git LFS pointer, not the model itself; fetch the file with `git lfs pull`"),
    (0, b"\x08\x01\x12", "is part of a TensorFlow SavedModel; give the folder that it lies in"),
    (0, b"\x93NUMPY", f"is a NumPy array, not a Keras model; {SAVE_WHOLE}"),
    (0, b"\xff\xd8\xff", _PHOTO),
    (0, b"\x89PNG", _PHOTO),
    (257, b"ustar", _UNPACK),
    (0, b"\x1f\x8b", _UNPACK),
    (0, b"BZh", _UNPACK),
    (0, b"\xfd7zXZ", _UNPACK),
    (0, b"\x28\xb5\x2f\xfd", _UNPACK),
    (0, b"7z\xbc\xaf", _UNPACK),
)


def describe(head: bytes) -> str:
    """What a file is and what to do, as the end of a sentence that begins with its name.

    Args:
        head: its first bytes, up to HEAD_BYTES of them, at least one.
    """
    head = head.ljust(2, b"\0")
    for offset, mark, answer in _FOREIGN_MARKS:
        if head[offset : offset + len(mark)] == mark:
            return answer
    if head[0] == 0x80 and 2 <= head[1] <= 5:  # the opcode PROTO of pickle and its argument
        return f"is a Python pickle (joblib or PyTorch), which can run code; load it where it was made and {SAVE_WHOLE}"
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= CONFIG_BYTES:
        return f"is a safetensors file, which holds no Keras model; {SAVE_WHOLE}"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:14].lower().startswith((b"<!doctype html", b"<html", b"<?xml")):
        return "is a web page, not a model; download the model file itself"
    if text.startswith(b"{") and _is_text(head):
        return f"is JSON text, which holds no weights; {SAVE_WHOLE}"
    if _is_text(head):
        return "is a text file, not a Keras model; give a file saved with model.save"
    return f"is not a Keras model; {SAVE_WHOLE}"


def _is_text(head: bytes) -> bool:
    """No control characters but white space; the last character may be cut at the end of the head."""
    text = head.decode("utf-8", errors="ignore")
    return len(text.encode()) >= len(head) - 3 and all(letter.isprintable() or letter.isspace() for letter in text)

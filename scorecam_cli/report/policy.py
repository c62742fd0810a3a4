"""What the page lets the browser run and load, as a Content-Security-Policy."""

from __future__ import annotations

import base64
import hashlib


def allowing(style: str, script: str, pictures_from: str) -> str:
    """This style, this script, the pictures of the page, and nothing else.

    Args:
        style: the text of the style sheet inside the page. script: of its script.
        pictures_from: what pictures may be loaded from beside the page itself, with a space in front; may be empty.
    """
    return (
        f"default-src 'none'; img-src data:{pictures_from}; "
        f"style-src '{_digest(style)}'; script-src '{_digest(script)}'; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"

"""The policy of the page: what is written into it may run, and nothing else."""

import base64
import hashlib

from scorecam_cli.report import policy


def test_only_this_style_and_this_script_are_allowed():
    style, script = (
        f"'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode()}'" for text in (b"a { }", b"go()")
    )
    assert policy.allowing("a { }", "go()", "").split("; ") == [
        "default-src 'none'",
        "img-src data:",
        f"style-src {style}",
        f"script-src {script}",
        "base-uri 'none'",
        "form-action 'none'",
    ]


def test_pictures_may_come_from_where_it_is_said():
    assert "img-src data: file:;" in policy.allowing("", "", " file:")

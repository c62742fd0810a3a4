"""What was asked of a page."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from scorecam_cli.errors import UsageError
from scorecam_cli.files.looks import is_folder, is_there

TITLE = "What the model looked at"
PAGE_SUFFIXES = (".html", ".htm")


class Form(Enum):
    """One file that holds everything, or a folder with the page and its pictures."""

    FILE = "file"
    FOLDER = "folder"


@dataclass(frozen=True)
class ReportConfig:
    """Everything `scorecam report` was asked to do, but for the photos.

    output: the page, or with Form.FOLDER its folder; None for `report.html` or `report`. evaluation: a CSV.
    review: what a page exported, JSON or CSV. truth: a CSV of photo and class.
    threads: the most that draw; None: as many as there are cores.
    """

    output: Path | None = None
    title: str = TITLE
    evaluation: Path | None = None
    form: Form = Form.FILE
    review: Path | None = None
    truth: Path | None = None
    threads: int | None = None
    page: Path = field(init=False)

    def __post_init__(self) -> None:
        folder = self.form is Form.FOLDER
        output = self.output or Path("report" if folder else "report.html")
        if folder and is_there(output) and not is_folder(output):
            raise UsageError(f"{output} is a file, and --folder writes a folder: give another name")
        if not folder and is_folder(output):
            raise UsageError(f"{output} is a folder: name the page in it, as {output / 'report.html'}, or add --folder")
        if not folder and output.suffix.lower() not in PAGE_SUFFIXES:
            raise UsageError(f"{output} would be a web page: give a name that ends in .html")
        object.__setattr__(self, "page", output / "index.html" if folder else output)

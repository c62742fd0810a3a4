"""Entries to a written page: the pictures first, several photos at a time, then the page that shows them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from scorecam_cli.files.write import write_text
from scorecam_cli.models.truth import Truth, read_truth
from scorecam_cli.report.cards import Card, CardMaker
from scorecam_cli.report.collect import Entry, State
from scorecam_cli.report.evaluation import NO_EVALUATION, Evaluation, read_evaluation
from scorecam_cli.report.grouping import Group, grouped
from scorecam_cli.report.page import render
from scorecam_cli.report.pictures import Album, AssetFolder, Embedded
from scorecam_cli.report.request import Form, ReportConfig
from scorecam_cli.report.review import NO_REVIEW, Review, read_review
from scorecam_cli.report.truths import Truths

# Photos up to a number -> pixels of a shown photo's longer side in a page that holds them all. At quality 80 a photo
# has about 60, 35, 20 kB, and a third more as text: at most 8 and 19 MB, and 27 MB for a thousand photos.
EMBEDDED_SIDES = ((100, 1024), (400, 720))
MANY_SIDE = 448
FOLDER_SIDE = 1024  # beside a page, a browser loads only the photos that are looked at
_OUR_ASSETS = re.compile(r"\d{5,}-(photo|map-\d+(-\d+)?|figure-\d+)\.webp")


@dataclass(frozen=True)
class Made:
    """A page that is written.

    lacking: its photos that are not shown with all that belongs to them, and why.
    gone: its photos that were explained and are not where their manifests say.
    unknown: remarks of --review on photos that are not on the page.
    unnamed: photos that --truth does not name.
    """

    page: Path
    photos: int
    lacking: tuple[tuple[Path, str], ...]
    gone: tuple[Path, ...] = ()
    unknown: int = 0
    unnamed: tuple[Path, ...] = ()


def check_request(config: ReportConfig) -> tuple[Evaluation, Review, Truth | None]:
    """The tables of --evaluation and --truth and the remarks of --review, read before any picture is made.

    Raises:
        UsageError: one cannot be read, or is no such file.
    """
    evaluation = NO_EVALUATION if config.evaluation is None else read_evaluation(config.evaluation)
    review = NO_REVIEW if config.review is None else read_review(config.review)
    return evaluation, review, None if config.truth is None else read_truth(config.truth)


def make_report(
    config: ReportConfig,
    entries: Sequence[Entry],
    *,
    evaluation: Evaluation = NO_EVALUATION,
    review: Review = NO_REVIEW,
    truth: Truth | None = None,
    on_card: Callable[[], None] = lambda: None,
) -> Made:
    """Write the page that shows these entries; nothing of an earlier page at its place is left.

    Args:
        evaluation: see `check_request`.
        review: likewise; remarks on photos that are not on the page stay in it, and come out again.
        truth: likewise.
        on_card: called after each photo as often as it has entries, in the calling thread.

    Raises:
        UsageError: the truth names none of the photos.
        PhotoError: the page or a picture cannot be written.
    """
    album: Album = AssetFolder(config.page.parent) if config.form is Form.FOLDER else Embedded()
    found = grouped(entries)
    truths = None if truth is None else Truths.of(truth, found.groups)
    maker = CardMaker(album, evaluation, photo_side=_photo_side(config.form, len(found.groups)))
    cards = _make_cards(maker, found.groups, on_card, threads=config.threads)
    if truths is not None:
        cards = [replace(card, truth=truths.class_of(group)) for card, group in zip(cards, found.groups, strict=True)]
    html = render(
        cards,
        runs=found.runs,
        title=config.title,
        evaluation=evaluation,
        review=review,
        pictures_from=album.policy,
    )
    write_text(config.page, html)
    if isinstance(album, AssetFolder):
        _sweep(album, cards)
    lacking = tuple((card.path, card.reason) for card in cards if card.state is not State.SHOWN)
    gone = tuple(card.path for card in cards if card.manifest is not None and not os.path.lexists(card.path))
    unknown = review.beside(card.sha256 for card in cards)
    unnamed = tuple(card.path for card in cards if truth is not None and card.truth is None)
    return Made(config.page, len(cards), lacking, gone, unknown, unnamed)


def _make_cards(
    maker: CardMaker, groups: Sequence[Group], on_card: Callable[[], None], *, threads: int | None
) -> list[Card]:
    cards = []
    # Threads, not processes: decoding, scaling and encoding let go of the interpreter.
    with ThreadPoolExecutor(max_workers=min(threads or os.cpu_count() or 1, 8)) as pool:
        try:
            for card, group in zip(pool.map(maker.card, range(len(groups)), groups), groups, strict=True):
                cards.append(card)
                for _ in group.members:
                    on_card()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return cards


def _photo_side(form: Form, photos: int) -> int:
    if form is Form.FOLDER:
        return FOLDER_SIDE
    return next((side for most, side in EMBEDDED_SIDES if photos <= most), MANY_SIDE)


def _sweep(album: AssetFolder, cards: Sequence[Card]) -> None:
    """Take away pictures of an earlier, larger page: a folder that is sent on must hold what its page shows."""
    folder = album.folder / album.name
    kept = {Path(picture.address).name for card in cards for picture in card.pictures()}
    with suppress(OSError):  # no photo had a picture, so there is no such folder
        for path in list(folder.iterdir()):
            if _OUR_ASSETS.fullmatch(path.name) and path.name not in kept:
                path.unlink(missing_ok=True)

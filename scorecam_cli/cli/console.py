"""The terminal: results on stdout, words and progress bars on stderr."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from scorecam_cli.choices import Role
from scorecam_cli.manifest import Manifest, NotedClass, NotedScore
from scorecam_cli.outcomes import Explained, Failed, Redone
from scorecam_cli.records import fill_words, layer_words, role_words
from scorecam_cli.words import printable


def say_error(sentence: str) -> None:
    """One line on stderr that says what went wrong."""
    print(f"scorecam: {printable(sentence)}", file=sys.stderr)


def print_json(value: Mapping[str, Any]) -> None:
    """One object on one line of stdout, in ASCII."""
    print(json.dumps(value), flush=True)


ECHO_COLUMNS = 4  # of `^C`, twice
LONG_PHOTO = 30  # seconds; a longer one is worth a word on what is faster


TOLD_AFTER = 3  # batches


@dataclass
class Pace:
    """How long the passes of one photo will take, by those that are done; the first batch compiles, and tells no pace.

    planned: passes. began: when they did. done, batches: so far. first, compiled: passes of the first batch, and when
    it ended. last: when the last one ended.
    """

    planned: int
    began: float
    done: int = 0
    batches: int = 0
    first: int = 0
    compiled: float = 0.0
    last: float = 0.0

    def add(self, passes: int, now: float) -> None:
        """A batch is done."""
        self.done, self.batches, self.last = self.done + passes, self.batches + 1, now
        if self.batches == 1:
            self.first, self.compiled = passes, now

    @property
    def seconds(self) -> float | None:
        """Of all passes, from their beginning; None until that can be told."""
        if self.batches < TOLD_AFTER:
            return None
        pace = (self.last - self.compiled) / (self.done - self.first)
        return self.compiled - self.began + pace * max(0, self.planned - self.first)


class Console:
    """What a run over photos says and shows.

    verbosity: -1 only errors and warnings, 0 a line per photo, 1 also how each map was made.
    total: photos in the run. exact: all masks are passed in float32, so that advice on
    speed makes sense. Bars are shown only where stderr is a terminal.
    """

    def __init__(self, *, verbosity: int, total: int, exact: bool = False) -> None:
        self.verbosity, self.total = verbosity, total
        self._of_model: tuple[str, ...] = ()  # warnings that were said once, for every photo
        self._may_advise = exact and verbosity >= 0
        self._pace = Pace(0, 0.0)
        self.done = self.failed = self.skipped = 0
        self._expected = self._right = 0  # photos of which a class is expected, and those predicted so
        self._photo_bar: Any = None
        self._pass_bar: Any = None
        if verbosity >= 0 and sys.stderr.isatty() and total > 1:
            self._photo_bar = _bar(total=total, unit="photo", position=0, leave=False)

    def notes(self, sentences: Sequence[str]) -> None:
        """What was left out of the run, and what would serve better, a line each."""
        if self.verbosity >= 0:
            for sentence in sentences:
                self.say(f"note: {sentence}")

    def model_loading(self, name: str) -> None:
        """Say that the model is being loaded, which can take a while."""
        if self.verbosity >= 0:
            self.say(f"loading {name} ...")

    def model_doubted(self, doubts: Sequence[str]) -> None:
        """Say once what every photo's manifest warns of."""
        self._of_model = tuple(doubts)
        for doubt in doubts:
            self.say(f"warning: {doubt}")

    def advised(self, sentence: str) -> None:
        """Say what would serve better."""
        self.notes([sentence])

    def passes_planned(self, photo: PurePath, passes: int) -> None:
        """Start a bar over the masked passes of one photo."""
        self._close_pass_bar()
        self._pace = Pace(passes, time.monotonic())
        if self.verbosity >= 0 and sys.stderr.isatty() and passes:
            position = 1 if self._photo_bar is not None else 0
            self._pass_bar = _bar(
                total=passes, unit="pass", desc=printable(photo.name)[:40], position=position, leave=False
            )

    def passes_done(self, passes: int) -> None:
        """Move the bar over the passes."""
        if self._pass_bar is not None:
            self._pass_bar.update(passes)
        self._pace.add(passes, time.monotonic())
        seconds = self._pace.seconds
        if self._may_advise and seconds is not None and seconds > LONG_PHOTO:
            self._may_advise = False
            self.say(
                f"about {seconds:.0f} s for this photo; --fidelity 0.99 needs a tenth to a third of the passes, "
                "--precision bfloat16 about half the time where the CPU has it"
            )

    @contextmanager
    def bars_aside(self) -> Iterator[None]:
        """Take the bars off the terminal while something is written to stdout, where that is a terminal as well."""
        if (self._photo_bar is None and self._pass_bar is None) or not sys.stdout.isatty():
            yield
            return
        from tqdm import tqdm

        with tqdm.external_write_mode(file=sys.stdout):
            yield

    def say(self, sentence: str) -> None:
        """One line on stderr, above the bars."""
        if self._photo_bar is None and self._pass_bar is None:
            print(printable(sentence), file=sys.stderr, flush=True)
        else:
            from tqdm import tqdm

            tqdm.write(printable(sentence), file=sys.stderr)

    def explained(self, outcome: Explained) -> None:
        """A line for a finished photo: class, name and probability of each map."""
        self._advance()
        self.done += 1
        self.skipped += outcome.skipped
        roles = {each.role for each in outcome.manifest.classes} - {None}
        self._expected += bool(roles)
        self._right += Role.BOTH in roles
        if self.verbosity >= 0:
            found = "; ".join(_class_line(each) for each in outcome.manifest.classes)
            self.say(f"{outcome.job.photo}: {found}{'  [up to date]' if outcome.skipped else ''}")
        if outcome.redone is not None:
            self._say_why(outcome.job.photo, outcome.redone)
        if self.verbosity >= 1:
            self.say(_how(outcome.manifest))
        if not outcome.skipped:
            for warning in outcome.manifest.warnings:
                if warning not in self._of_model:
                    self.say(f"{outcome.job.photo}: warning: {warning}")

    def _say_why(self, photo: PurePath, redone: Redone) -> None:
        """Why there was something to do where there were files already; who loses maps of other settings is told."""
        if redone.replaced is not None and self.verbosity >= 0:
            self.say(f"{photo}: note: these replace the maps of {redone.replaced}: {redone.reason}")
        elif self.verbosity >= 1:
            self.say(f"  redone: {redone.reason}")

    def finished_photo(self, lines: Sequence[str], *, skipped: bool = False) -> None:
        """A photo is done; some lines about it."""
        self._advance()
        self.done += 1
        self.skipped += skipped
        if self.verbosity >= 0:
            self.say_lines(lines)

    def say_lines(self, lines: Sequence[str]) -> None:
        """Lines on stderr, above the bars."""
        for line in lines:
            self.say(line)

    def predicted(self) -> None:
        """A photo has its classes; they are on stdout."""
        self._advance()
        self.done += 1

    def failed_photo(self, outcome: Failed) -> None:
        """A line for a photo that got nothing, and why."""
        self._advance()
        self.failed += 1
        self.say(f"{outcome.photo}: failed: {outcome.reason}")

    def finish(self) -> None:
        """Close the bars and sum up, where there is more than one photo to sum up."""
        self.close()
        if self.verbosity >= 0 and self.total > 1 and self.done + self.failed:
            left = self.total - self.done - self.failed
            not_reached = f", {left} not reached" if left else ""
            photos, were = (
                "1 photo" if self.done == 1 else f"{self.done} photos",
                "was" if self.skipped == 1 else "were",
            )
            self.say(f"{photos} done ({self.skipped} {were} up to date), {self.failed} failed{not_reached}")
        if self.verbosity >= 0 and self._expected:
            self.say(f"{self._right} of {self._expected} predicted right")

    def close(self) -> None:
        """Take the bars off the terminal, and what it echoed beside them when a key was pressed."""
        shown = self._photo_bar is not None or self._pass_bar is not None
        self._close_pass_bar()
        if self._photo_bar is not None:
            self._photo_bar.close()
            self._photo_bar = None
        if shown:
            print(end="\r\x1b[K", file=sys.stderr, flush=True)

    def _advance(self) -> None:
        self._close_pass_bar()
        if self._photo_bar is not None:
            self._photo_bar.update(1)

    def _close_pass_bar(self) -> None:
        if self._pass_bar is not None:
            self._pass_bar.close()
            self._pass_bar = None


def _class_line(noted: NotedClass) -> str:
    """`boxer (242) 0.421`, what it is set against, and of fewer passes how close the map is estimated to be."""
    estimate = noted.estimated_correlation
    close = f", estimated correlation {estimate:.4f}" if estimate is not None and estimate < 1 else ""
    other = noted.against
    against = "" if other is None else f" against {other.name} ({other.index}) {score_words(other)}"
    return f"{role_words(noted.name, noted.role)} ({noted.index}) {score_words(noted)}{against}{close}"


def score_words(noted: NotedScore) -> str:
    """The output of a regression, or the probability: one that is small, but not nothing, is not rounded to 0."""
    if noted.probability is None:
        return f"{noted.output:.4g}"
    return f"{noted.probability:.2g}" if 0 < noted.probability < 0.0005 else f"{noted.probability:.3f}"


def _how(manifest: Manifest) -> str:
    channels = f" of {manifest.channels} channels" if manifest.channels else ""
    made_by = " ".join(filter(None, (manifest.method, manifest.variant, fill_words(manifest.fill))))
    return (
        f"  {manifest.model} ({manifest.weights}), {layer_words(manifest.layer, several=len(manifest.layers) > 1)}, "
        f"{made_by}, {manifest.precision}, "
        f"{manifest.passes} passes{channels} in {manifest.seconds.passes:.1f} s, "
        f"{manifest.seconds.total:.1f} s in all"
    )


def _bar(**settings: Any) -> Any:
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[misc]
        """One that leaves room for the `^C` that a terminal echoes: in the next line it would lift the bar off."""

        @property
        def format_dict(self) -> dict[str, Any]:
            drawn = dict(super().format_dict)
            drawn["ncols"] = drawn["ncols"] and max(1, drawn["ncols"] - ECHO_COLUMNS)
            return drawn

    return Bar(file=sys.stderr, dynamic_ncols=True, smoothing=0.1, **settings)

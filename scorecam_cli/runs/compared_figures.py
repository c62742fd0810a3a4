"""Figures of several methods' maps of a photo: which maps are one and the same, and whose numbers are best."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.config import CompareConfig
from scorecam_cli.errors import UsageError
from scorecam_cli.figures.compare import compare_figure, compare_grid
from scorecam_cli.figures.forms import COMPARED, Form, forms
from scorecam_cli.figures.look import Look
from scorecam_cli.figures.paper import DRAWN, Paper
from scorecam_cli.figures.sheet import Sheet
from scorecam_cli.figures.stability import stability_figure
from scorecam_cli.figures.tiles import Tile, Words
from scorecam_cli.photos.draw import PERCENTILE, scale_map, without_outliers
from scorecam_cli.records import ClassScore, fill_words
from scorecam_cli.runs.compared import ComparedMaps, MethodRun
from scorecam_cli.saliency.methods import method_in_list

STABILITY = "stability"
UNSIGNED = "has no sign: only what speaks for the class"
ALIKE = 1 / 512  # of the scale: half of one of the 256 colours, and nobody can tell two maps apart
SAME_AREA = 1e-3  # as many digits as are shown
_PIXELS = f"of maps of single pixels, the {100 - PERCENTILE} % furthest from 0 have the colour of the end"


def figures(config: CompareConfig, compared: ComparedMaps) -> Iterator[tuple[str, Sheet]]:
    """One figure for each class, or one with a row for each: how its file's name ends, and the figure."""
    for form in forms(config.save, COMPARED):
        ending, drawn = f"{form.figure}.{form.ending}", _for(config, form)
        if form.figure == STABILITY:
            for place, score in enumerate(compared.scores):
                yield f"{score.label.index}-{ending}", stability_of(drawn, compared, place)
        elif config.rows:
            rows = [(_title(score), _tiles(config, compared, place)) for place, score in enumerate(compared.scores)]
            words = Words(compared.name, _lines(compared), _note(compared))
            yield ending, compare_grid(compared.photo.rgb, rows, words=words, look=_look(drawn))
        else:
            for place, score in enumerate(compared.scores):
                yield f"{score.label.index}-{ending}", figure_of(drawn, compared, place)


def _for(config: CompareConfig, form: Form) -> CompareConfig:
    """The same for a file of lines, whose photos have more pixels."""
    return config if form.ending not in DRAWN else replace(config, dpi=Paper(config.width, config.dpi).drawn.dpi)


def figure_of(config: CompareConfig, compared: ComparedMaps, place: int) -> Sheet:
    """All methods' overlays of the class in this place."""
    score = compared.scores[place]
    which = f"class {score.label.index} · {score.said} · {compared.name}"
    words = Words(score.label.name, (which, *_lines(compared)), _note(compared))
    return compare_figure(compared.photo.rgb, _tiles(config, compared, place), words=words, look=_look(config))


def stability_of(config: CompareConfig, compared: ComparedMaps, place: int) -> Sheet:
    """The maps of the class in this place, and those of the photo with noise that nobody sees."""
    from scorecam_cli.faithfulness.stability import UNSEEN

    score, disturbed = compared.scores[place], compared.disturbed
    if disturbed is None:
        raise UsageError("the maps were not made again with noise: name stability in --save when they are compared")
    pairs = []
    for group in twins(compared.runs):
        if not (run := group.runs[0]).found:
            pairs.append((Tile(None, group.title, note=run.note), Tile(None, group.title, note=run.note)))
            continue
        maps = run.found[place].map, disturbed.maps[run.method][place]
        first, second = (_shown(each, run) for each in maps)
        alike = f"correlation {_correlation(*maps):.3f}"
        pairs.append((Tile(first, group.title), Tile(second, group.title, (alike,), best=(alike,))))
    photos = ("photo", disturbed.rgb), (f"with noise of \N{PLUS-MINUS SIGN}{UNSEEN} of 255", disturbed.noisy)
    which = f"class {score.label.index} · {score.said} · {compared.name}, as the model is shown it"
    lines = which, compared.model, "correlation: of each map with the one above, of the photo without the noise"
    words = Words(f"{score.label.name}: a change that nobody sees", lines, _note(compared))
    return stability_figure(photos, pairs, words=words, look=_look(config))


def _correlation(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """Of two maps over their pixels; 0 where one is flat."""
    apart = [each.astype(np.float64) - each.mean(dtype=np.float64) for each in (first, second)]
    size = float(np.linalg.norm(apart[0]) * np.linalg.norm(apart[1]))
    return float((apart[0] * apart[1]).sum() / size) if size > 0 else 0.0


def _shown(saliency: NDArray[np.float32], run: MethodRun) -> NDArray[np.float32]:
    return without_outliers(saliency) if method_in_list(run.method)[0].by_photo else saliency


def _look(config: CompareConfig) -> Look:
    return Look(config.colormap, config.alpha, config.signed, Paper(config.width, config.dpi))


def _title(score: ClassScore) -> str:
    return f"{score.label.name} ({score.label.index}), {score.said}"


def _lines(compared: ComparedMaps) -> tuple[str, ...]:
    """The model, and what seconds and passes are of where there are several classes."""
    count = len(compared.scores)
    together = f"seconds and passes of each method are of all {count} classes together"
    return (compared.model, *([together] if count > 1 else []))


def _note(compared: ComparedMaps) -> str:
    return _PIXELS if any(run.found and method_in_list(run.method)[0].by_photo for run in compared.runs) else ""


@dataclass(frozen=True)
class _Twins:
    """Methods whose maps are the same for every class, in the order asked for; the first is drawn."""

    runs: tuple[MethodRun, ...]

    @property
    def title(self) -> str:
        """`grad-cam = cam`."""
        return " = ".join(run.method for run in self.runs)


def twins(runs: tuple[MethodRun, ...]) -> list[_Twins]:
    """The methods, those together that nobody could tell apart: their maps in colours, and their areas."""
    groups: list[list[MethodRun]] = []
    for run in runs:
        for group in groups:
            if _same(group[0], run):
                group.append(run)
                break
        else:
            groups.append([run])
    return [_Twins(tuple(group)) for group in groups]


def _same(first: MethodRun, second: MethodRun) -> bool:
    if not first.found or not second.found or first.signed != second.signed:
        return False
    if np.abs(np.subtract(first.areas, second.areas)).max() > SAME_AREA:
        return False
    pairs = zip(first.found, second.found, strict=True)
    return all(np.abs(scale_map(one.map) - scale_map(other.map)).max() <= ALIKE for one, other in pairs)


def _tiles(config: CompareConfig, compared: ComparedMaps, place: int) -> list[Tile]:
    groups = twins(compared.runs)
    made = [group.runs[0] for group in groups if group.runs[0].found]
    deletions, insertions = ([round(run.areas[place][number], 3) for run in made] for number in (0, 1))
    best = (min(deletions), max(insertions)) if len(made) > 1 else (None, None)
    return [_tile(group, place, config=config, best=best) for group in groups]


def _tile(group: _Twins, place: int, *, config: CompareConfig, best: tuple[float | None, float | None]) -> Tile:
    run = group.runs[0]
    if not run.found:
        return Tile(None, title=run.method, lines=(), note=run.note)
    found, areas = run.found[place], [round(area, 3) for area in run.areas[place]]
    numbers = [
        f"{name} {arrow} {area:.3f}{', best' if area == of_all else ''}"
        for name, arrow, area, of_all in zip(
            ("deletion", "insertion"), "\N{DOWNWARDS ARROW}\N{UPWARDS ARROW}", areas, best, strict=True
        )
    ]
    named = run.variant in (None, "article") or ":" in run.method  # in the title
    variant = "" if named else f"variant {run.variant}"
    unsigned = UNSIGNED if config.signed and not run.signed else ""
    lines = (*(_price(each, several=len(group.runs) > 1) for each in group.runs), *numbers)
    lines += tuple(filter(None, (variant, fill_words(run.fill), unsigned)))
    bold = tuple(line for line in numbers if line.endswith("best"))
    return Tile(_shown(found.map, run), title=group.title, lines=lines, doubts=found.doubts, best=bold)


def _price(run: MethodRun, *, several: bool) -> str:
    """Seconds and passes."""
    of = f" of {run.live_channels}" if run.live_channels else ""
    seconds = f"{run.seconds:.0f}" if run.seconds >= 10 else f"{run.seconds:.2g}"
    passes = "1 pass" if run.passes == 1 and not of else f"{run.passes}{of} passes"
    return f"{f'{run.method}: ' if several else ''}{seconds} s, {passes}"

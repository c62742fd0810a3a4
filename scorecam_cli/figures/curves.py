"""The mean deletion and insertion curves of several methods, beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.figures.canvas import drawing
from scorecam_cli.figures.lettering import DPI

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (13.0, 5.2)  # inches

Curves = Mapping[str, NDArray[np.float64]]


def curves_figure(deletion: Curves, insertion: Curves) -> NDArray[np.uint8]:
    """Probability of the class against the share of pixels changed, a line for each method.

    Args:
        deletion, insertion: by method, float64 [steps + 1] in [0, 1], at equal shares from 0 to 1.

    Returns:
        uint8 [rows, columns, 3], 1300 pixels wide.
    """
    with drawing():
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=SIZE, dpi=DPI, facecolor="white", layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True)
        _draw(left, deletion, "Deletion: lower is better", "share of the pixels taken away, the map's best first")
        _draw(right, insertion, "Insertion: higher is better", "share of the pixels given, the map's best first")
        left.set_ylabel("probability of the class, mean over photos")
        canvas = FigureCanvasAgg(figure)
        canvas.draw()  # type: ignore[no-untyped-call]
        rgba = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]  # [rows, columns, 4], on white
        return np.ascontiguousarray(rgba[:, :, :3])


def _draw(axes: Axes, curves: Curves, title: str, below: str) -> None:
    for number, (method, curve) in enumerate(curves.items()):
        shares = np.linspace(0, 1, len(curve))
        area = float(((curve[1:] + curve[:-1]) / 2).mean())
        style = ("-", "--", ":")[number // 10 % 3]  # after ten colours the lines change
        axes.plot(shares, curve, style, linewidth=1.8, label=f"{method}  {area:.3f}")
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel=below)
    axes.set_title(title, fontweight="bold")
    axes.grid(alpha=0.25)
    axes.legend(title="area", fontsize=9, framealpha=0.8)

"""Names of figures and of the forms of their files."""

import pytest

from scorecam_cli.errors import UsageError
from scorecam_cli.figures.forms import COMPARED, forms
from scorecam_cli.figures.kinds import check_paper, chosen
from scorecam_cli.figures.paper import SCREEN, Paper


def test_forms_come_in_the_order_of_the_figures_whatever_was_asked_for_first():
    assert forms(["compare.svg", "compare"], COMPARED) == [("compare", "png"), ("compare", "svg")]


@pytest.mark.parametrize("wrong", ["compare.ps", "panel", "compare.pdf.pdf", "compare."])
def test_another_form_is_refused_with_those_there_are(wrong):
    with pytest.raises(UsageError, match=r"is none of compare, compare.pdf, compare.svg, stability"):
        forms(["compare", wrong], COMPARED)
    with pytest.raises(UsageError, match="names nothing"):
        forms([], COMPARED)


def test_figures_alone_have_other_forms_and_come_after_their_png():
    assert [kind.name for kind in chosen(["panel.svg", "npy", "panel", "panel.pdf"])] == [
        *("panel", "panel.pdf", "panel.svg", "npy")
    ]
    for wrong in ("heatmap.pdf", "panel.eps", "npy.svg"):
        with pytest.raises(UsageError, match="pdf and svg are of the figures panel, pipeline, masked"):
            chosen([wrong])


def test_paper_is_of_figures():
    check_paper(["heatmap", "panel.pdf"], Paper(84))
    check_paper(["heatmap"], SCREEN)
    with pytest.raises(UsageError, match="--width is of figures, panel, pipeline, masked; --save heatmap,npy"):
        check_paper(["heatmap", "npy"], Paper(84, 300))
    with pytest.raises(UsageError, match="--dpi is of figures"):
        check_paper(["heatmap"], Paper(dpi=300))

"""What the user can ask for, before any of it is done."""

import pytest

from scorecam_cli.choices import Precision, Variant, chosen
from scorecam_cli.errors import UsageError


def test_word_becomes_the_choice_that_it_names_and_another_word_names_them_all():
    assert chosen(Variant, "paper", what="variant") is Variant.PAPER
    assert chosen(Precision, Precision.FLOAT16, what="precision") is Precision.FLOAT16
    with pytest.raises(UsageError, match="variant 'papers' is none of article, official, paper"):
        chosen(Variant, "papers", what="variant")

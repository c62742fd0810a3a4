"""A bucket of this machine, by a server that speaks as S3 does: slow, and only where it is installed."""

import pytest

pytest.importorskip("moto")
pytest.importorskip("s3fs")

from tests.soak.bucket import soak


@pytest.mark.slow
def test_a_run_over_a_bucket_that_is_killed_twice_ends_as_one_over_a_folder(tmp_path):
    figures = soak(tmp_path, 12)
    assert figures["photos; maps byte for byte those of a folder"] == "12; 36"

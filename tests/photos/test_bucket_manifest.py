import json
import pickle

import pytest

from scorecam_cli.errors import MisfitError
from scorecam_cli.files.listings import Listings
from scorecam_cli.manifest import WrittenFile
from scorecam_cli.photos.bucket_manifest import changed_object, read_stored_manifest
from scorecam_cli.photos.manifest import json_values
from scorecam_cli.urls import url
from tests.manifests import noted_class, noted_manifest

NAME = "dog.jpg.scorecam-242-heatmap.png"
PLACE = url("memory://b/maps/dog.jpg.scorecam.json")


@pytest.fixture
def manifest(bucket):
    made = noted_manifest(classes=(noted_class(),), outputs={NAME: WrittenFile(3, "ab" * 32, 1, 2)})
    bucket.put(f"maps/{NAME}", b"png")
    bucket.put("maps/dog.jpg.scorecam.json", json.dumps(json_values(made)).encode())
    return made


def test_a_manifest_comes_back_from_a_bucket_by_one_listing(bucket, manifest):
    listings = Listings()
    assert read_stored_manifest(PLACE, listings) == manifest
    assert changed_object(manifest, PLACE, listings) is None
    assert read_stored_manifest(PLACE.with_name("cat.jpg.scorecam.json"), listings) is None
    assert bucket.count() == {"ls": 1, "cat_file": 1}


def test_another_size_or_a_younger_object_is_not_the_one_noted(bucket, manifest):
    bucket.put(f"maps/{NAME}", b"pngs")
    assert changed_object(manifest, PLACE, Listings()) == NAME
    bucket.put(f"maps/{NAME}", b"gnp")
    assert changed_object(manifest, PLACE, Listings()) == NAME
    bucket.put("maps/dog.jpg.scorecam.json", bucket.get("maps/dog.jpg.scorecam.json"))
    assert changed_object(manifest, PLACE, Listings()) is None


def test_what_is_no_manifest_is_told(bucket, manifest):
    bucket.put("maps/dog.jpg.scorecam.json", b"{}")
    with pytest.raises(MisfitError):
        read_stored_manifest(PLACE, Listings())


def test_a_folder_that_is_not_there_has_nothing(bucket):
    assert Listings().of(url("memory://b/none")) == {}


def test_another_process_lists_for_itself(bucket, manifest):
    listings = Listings()
    listings.of(PLACE.parent)
    assert pickle.loads(pickle.dumps(listings)).of(PLACE.parent)
    assert bucket.count() == {"ls": 2}

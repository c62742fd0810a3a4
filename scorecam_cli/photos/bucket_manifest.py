"""The manifest of a photo in a bucket, and whether its objects are still those that it tells of, by a listing alone."""

from __future__ import annotations

from scorecam_cli.errors import MisfitError, PhotoError
from scorecam_cli.files.listings import Listings
from scorecam_cli.files.remote import read_object
from scorecam_cli.manifest import Manifest
from scorecam_cli.photos.manifest import MAX_BYTES, parsed_manifest
from scorecam_cli.urls import Url


def read_stored_manifest(url: Url, listings: Listings) -> Manifest | None:
    """What an earlier run noted; None where there is none. One request, where there is one.

    Raises:
        MisfitError: there is an object, and it is no manifest of a version that can be read.
        UsageError: the bucket cannot be read.
    """
    listed = listings.of(url.parent).get(url.name)
    if listed is None or listed.stored is None:
        return None
    try:
        data = read_object(listed.stored, MAX_BYTES)
    except PhotoError as error:
        raise MisfitError(str(error)) from error
    return parsed_manifest(data)


def changed_object(manifest: Manifest, url: Url, listings: Listings) -> str | None:
    """The first file of the manifest that is not as the run that noted it left it; None where all are.

    An object of the size noted is believed that was put before the manifest: a run puts its manifest last, so what
    another run has put over an object since is younger.

    Args:
        url: of the manifest.
    """
    there = listings.of(url.parent)
    noted = there[url.name].modified
    for each in manifest.classes:
        for name in each.files.values():
            written, found = manifest.outputs.get(name), there.get(name)
            if written is None or found is None or found.stored is None or found.stored.size != written.size:
                return name
            if noted is not None and found.modified is not None and found.modified > noted:
                return name
    return None

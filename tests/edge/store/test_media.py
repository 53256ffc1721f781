"""The media database: photos kept, found, bounded and erased."""

import subprocess

import pytest

from edge.store.errors import MediaMissing, MediaRefused, MediaTooLarge, StoreError, WrongKey
from edge.store.media import MAGIC, MAX_BYTES, MediaStore

JPEG = MAGIC["image/jpeg"] + b"a face that nobody else may see" * 400


@pytest.fixture
def media(path, key):
    store = MediaStore(path, key)
    yield store
    store.close()


def put(media, data=JPEG, mime="image/jpeg", owner="m1", keep_until=None):
    return media.put(
        data,
        mime=mime,
        owner=owner,
        purpose="scan",
        taken_at="2026-11-22T10:00:00+08:00",
        keep_until=keep_until,
    )


@pytest.mark.parametrize("mime", MAGIC)
def test_what_is_put_comes_back(media, mime):
    data = MAGIC[mime] + b"rest"
    found = media.get(put(media, data, mime))
    assert (found.data, found.mime, found.owner, found.purpose) == (data, mime, "m1", "scan")
    assert found.taken_at == "2026-11-22T02:00:00.000+00:00"
    assert found.keep_until is None


def test_ids_cannot_be_guessed(media):
    ids = {put(media) for _ in range(20)}
    assert len(ids) == 20
    assert all(len(media_id) == 32 for media_id in ids)


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        (b"<svg onload=", "image/svg+xml"),
        (b"GIF89a", "image/gif"),
        (b"<html>", "image/jpeg"),
        (b"", "image/png"),
    ],
)
def test_other_kinds_are_refused_whatever_they_are_called(media, data, mime):
    with pytest.raises(MediaRefused) as caught:
        put(media, data, mime)
    assert caught.value.mime == mime
    assert isinstance(caught.value, ValueError)


def test_what_is_too_large_is_refused_and_the_largest_is_kept(media):
    largest = JPEG.ljust(MAX_BYTES, b"x")
    assert len(media.get(put(media, largest)).data) == MAX_BYTES
    with pytest.raises(MediaTooLarge) as caught:
        put(media, largest + b"x")
    assert (caught.value.size, caught.value.limit) == (MAX_BYTES + 1, MAX_BYTES)


def test_deleted_media_are_missing(media):
    media_id = put(media)
    media.delete(media_id)
    for call in (media.get, media.delete):
        with pytest.raises(MediaMissing) as caught:
            call(media_id)
        assert caught.value.media_id == media_id
        assert isinstance(caught.value, StoreError)
        assert isinstance(caught.value, KeyError)


def test_an_owner_is_erased_with_all_that_is_theirs_and_nothing_else(media):
    mine, other = [put(media), put(media)], put(media, owner="m2")
    assert media.delete_owner("m1") == 2
    assert media.delete_owner("m1") == 0
    for media_id in mine:
        with pytest.raises(MediaMissing):
            media.get(media_id)
    assert media.get(other).owner == "m2"


def test_sweep_erases_what_is_over_in_any_time_zone(media):
    over = put(media, keep_until="2026-11-22T09:00:00+08:00")  # 01:00 UTC
    later = put(media, keep_until="2026-11-22T02:00:00+00:00")
    forever = put(media)
    assert media.sweep("2026-11-22T01:30:00+00:00") == 1
    with pytest.raises(MediaMissing):
        media.get(over)
    assert media.get(later).keep_until == "2026-11-22T02:00:00.000+00:00"
    assert media.get(forever).keep_until is None


def test_a_time_without_an_offset_is_refused(media):
    with pytest.raises(ValueError, match="offset"):
        media.sweep("2026-11-22T01:30:00")


def test_erased_bytes_are_gone_from_the_file_and_its_log(path):
    media = MediaStore(path, None)  # plain, so that they could be found
    put(media)

    def files_with_it():
        # By another process: closing a handle here would drop this process's locks on the files.
        grep = ["grep", "-rlc", "nobody else may see", str(path.parent)]
        return subprocess.run(grep, capture_output=True, text=True, check=False).stdout.split()

    assert files_with_it()
    media.delete_owner("m1")
    assert files_with_it() == []
    media.close()


def test_photos_are_encrypted(media, path):
    put(media)
    media.close()
    assert b"nobody else may see" not in path.read_bytes()
    with pytest.raises(WrongKey):
        MediaStore(path, bytes(32))

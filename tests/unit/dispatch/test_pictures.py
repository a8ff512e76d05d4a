"""What an officer may put in from the console: a picture the channel takes, and nothing else."""

from __future__ import annotations

import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from actions.cases import pictures
from actions.cases.pictures import NotAPicture, TooLarge


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (20, 90, 160)).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_of_these_kinds_is_taken(kind: str) -> None:
    pictures.check(picture(kind))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param("不是图片".encode(), id="words"),
        pytest.param(picture("GIF"), id="a kind that moves"),
        pytest.param(picture("TIFF"), id="a kind that clients do not show"),
        pytest.param(b"%PDF-1.7\n" + bytes(300), id="a form"),
        pytest.param(b"<svg xmlns='x'/>", id="a drawing that runs scripts"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(300), id="only begins like one"),
        pytest.param(picture()[:60], id="cut off"),
        pytest.param(picture().replace(b"IDAT", b"IDAX"), id="broken inside"),
    ],
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(NotAPicture):
        pictures.check(content)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(picture() + bytes(pictures.LARGEST), "bytes", id="more than ten megabytes"),
        pytest.param(picture(size=(9_000, 1_001)), "sides", id="wide and high"),
        pytest.param(picture(size=(2_100, 100)), "ratio", id="a ribbon"),
    ],
)
def test_what_the_channel_would_not_take_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(TooLarge):
        pictures.check(content)


@pytest.mark.parametrize("size", [(9_000, 1_000), (2_000, 100), (1, 1)])
def test_what_it_just_takes_is_taken(size: tuple[int, int]) -> None:
    pictures.check(picture(size=size))


@given(st.data())
def test_bytes_that_were_meddled_with_are_a_picture_or_refused(data: st.DataObject) -> None:
    whole = bytearray(picture(data.draw(st.sampled_from(["PNG", "JPEG", "WEBP"]))))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(NotAPicture, TooLarge):
        pictures.check(bytes(whole))

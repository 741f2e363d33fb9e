"""The ring between the capture thread and the pipeline: nothing is reordered, and nothing is lost uncounted."""

from __future__ import annotations

from threading import Thread

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from counterpoint.edge.ring import Chunk, Ring


def counted(start: int, count: int, channels: int = 2) -> np.ndarray[tuple[int, int], np.dtype[np.int16]]:
    """Frames that say in every channel which they are."""
    frames = np.arange(start, start + count, dtype=np.int64)[:, None] * channels + np.arange(channels)
    return (frames % 2**15).astype(np.int16)


def test_what_is_put_is_taken_with_its_time() -> None:
    ring = Ring(100, 2)
    ring.put(counted(0, 30), at_s=1.5, opening=2)
    chunk = ring.take(0)
    assert chunk is not None
    assert (chunk.at_s, chunk.opening, chunk.dropped) == (1.5, 2, 0)
    np.testing.assert_array_equal(chunk.frames, counted(0, 30))


def test_frames_without_room_are_dropped_and_counted_with_the_next() -> None:
    ring = Ring(50, 2)
    assert ring.put(counted(0, 40), 0)
    assert not ring.put(counted(40, 20), 0)
    ring.take(0)
    assert ring.put(counted(60, 10), 0)
    chunk = ring.take(0)
    assert chunk is not None
    assert chunk.dropped == 20
    np.testing.assert_array_equal(chunk.frames, counted(60, 10))


def test_an_empty_ring_gives_nothing_after_the_timeout() -> None:
    assert Ring(10, 1).take(0.001) is None


def test_closing_wakes_the_reader() -> None:
    ring = Ring(10, 1)
    taken: list[Chunk | None] = []
    reader = Thread(target=lambda: taken.append(ring.take(30)))
    reader.start()
    ring.close()
    reader.join(5)
    assert taken == [None]


def test_what_was_taken_is_not_overwritten() -> None:
    ring = Ring(10, 1)
    ring.put(counted(0, 10, 1), 0)
    chunk = ring.take(0)
    ring.put(counted(90, 10, 1), 0)
    assert chunk is not None
    np.testing.assert_array_equal(chunk.frames, counted(0, 10, 1))


Step = tuple[str, int]
steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(1, 40)),
        st.tuples(st.just("take"), st.just(0)),
    ),
    max_size=60,
)


@given(steps, st.integers(40, 90))
def test_every_frame_comes_out_in_its_place_or_is_counted(steps: list[Step], capacity: int) -> None:
    ring = Ring(capacity, 2)
    written, read = 0, 0
    for kind, count in [*steps, *[("take", 0)] * 60, ("put", 1), ("take", 0)]:
        if kind == "put":
            ring.put(counted(written, count), 0)
        written += count
        if kind == "take" and (chunk := ring.take(0)):
            read += chunk.dropped
            np.testing.assert_array_equal(chunk.frames, counted(read, len(chunk.frames)))
            read += len(chunk.frames)
    assert read == written


def test_two_threads_lose_nothing() -> None:
    ring = Ring(256, 2)
    total = 20_000

    def write() -> None:
        at = 0
        while at < total:
            if ring.put(counted(at, 16), 0):  # else offered again
                at += 16

    writer = Thread(target=write)
    writer.start()
    read = 0
    while read < total and (chunk := ring.take(5)):
        np.testing.assert_array_equal(chunk.frames, counted(read, len(chunk.frames)))
        read += len(chunk.frames)
    writer.join(5)
    assert read == total

"""A video that browsers can't play, as H.264: upright, at most 1,280 px and 30 frames a second, without sound."""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path
from typing import Any

from .saying import refuse

LONGEST = 1280
MOST_RATE = 30
MOST_SOURCE_RATE = 240
MOST_SOURCE_PIXELS = 4096 * 2304
MOST_BITS_A_SECOND = 2_500_000
#: What the whole film may take, below what any file may.
MOST_BITS = 80 * 8_000_000
#: What encoding may take: so many seconds, and so many more for each of the film.
SETTLING_SECONDS = 120
SECONDS_FOR_A_SECOND = 10
#: Decoders that are asked; none of them opens another file.
DECODERS = {
    "h264", "hevc", "mpeg4", "mjpeg", "h263", "vp8", "vp9", "libdav1d", "av1", "prores", "mpeg1video", "mpeg2video",
}  # fmt: skip
_TURNS = {
    -90: ("transpose=clock",),
    90: ("transpose=cclock",),
    180: ("hflip", "vflip"),
    -180: ("hflip", "vflip"),
}
#: High dynamic range (SMPTE ST 2084 and ARIB STD-B67, as ITU-T H.273 numbers transfers), which phones film, is brought
#: to what every screen shows.
_HDR = {16, 18}
_TO_SDR = "scale=out_primaries=bt709:out_transfer=bt709:out_color_matrix=bt709:out_range=tv"


def filmed_off(source: Any, stream: Any, target: Path, seconds: float) -> None:
    """Decode ``stream`` and encode it into ``target``; each whole per cent is told on stdout in four bytes, and again
    each second: whoever listens can call it off.

    Neither what the frames say of their times nor how many there are decides how long it goes on.
    """
    import av

    if stream.codec_context.name not in DECODERS:
        refuse("decoder")
    if stream.width * stream.height > MOST_SOURCE_PIXELS:
        refuse("too-many-film-pixels")
    rate = float(stream.average_rate or stream.guessed_rate or 0)
    if not 0 < rate <= MOST_SOURCE_RATE:
        refuse("rate")
    stream.codec_context.thread_count = 2
    stream.codec_context.thread_type = "AUTO"
    teller = _Teller(SETTLING_SECONDS + seconds * SECONDS_FOR_A_SECOND)
    frames = 0
    film: _Film | None = None
    with av.open(str(target), "w", format="mp4") as container:
        for packet in source.demux(stream):
            teller.tell()
            for frame in packet.decode():
                frames += 1
                at = float(frame.time or 0)
                if at > seconds + 5 or frames > (seconds + 5) * MOST_SOURCE_RATE:  # longer than it says
                    refuse("too-long")
                if film is None:
                    wide = float(stream.sample_aspect_ratio or 1)
                    film = _Film(container, frame, min(rate, MOST_RATE), seconds, wide)
                elif (frame.width, frame.height, frame.format.name) != film.of:
                    refuse("changing")
                film.take(frame)
                teller.tell(max(0, min(99, math.floor(100 * at / seconds))))
        if film is None:
            refuse("unreadable")
        film.end()


class _Teller:
    """Says how far it is, and ends what takes ``most`` seconds."""

    def __init__(self, most: float) -> None:
        self._done, self._at, self._until = -1, time.monotonic(), time.monotonic() + most

    def tell(self, done: int = 0) -> None:
        now = time.monotonic()
        if now > self._until:
            refuse("too-slow")
        if done > self._done or now - self._at >= 1:
            self._done, self._at = max(done, self._done), now
            sys.stdout.write(f"{self._done:3d}\n")
            sys.stdout.flush()


class _Film:
    """The frames through scaling and turning into the encoder."""

    def __init__(self, container: Any, first: Any, rate: float, seconds: float, wide: float) -> None:
        from fractions import Fraction

        import av

        self.of = (first.width, first.height, first.format.name)
        self.container = container
        turns = _TURNS.get(round(first.rotation), ())
        width, height = _within(first.width * (wide if 0.2 < wide < 5 else 1), first.height)
        whole = Fraction(rate).limit_denominator(1001)
        steps = [f"fps={whole.numerator}/{whole.denominator}", f"scale={width}:{height}"]
        if int(first.color_trc) in _HDR:
            steps.append(_TO_SDR)
        steps += ["setsar=1", "format=yuv420p", *turns]
        self.graph = av.filter.Graph()
        time_base = first.time_base
        buffer = self.graph.add_buffer(
            width=first.width, height=first.height, format=first.format, time_base=time_base
        )
        chain = [buffer]
        for step in steps:
            name, _, arguments = step.partition("=")
            chain.append(self.graph.add(name, arguments or None))
        chain.append(self.graph.add("buffersink"))
        self.graph.link_nodes(*chain).configure()
        bits = int(min(MOST_BITS_A_SECOND, MOST_BITS / seconds))
        self.stream = container.add_stream(
            "libx264",
            rate=whole,
            options={"preset": "veryfast", "crf": "23", "maxrate": str(bits), "bufsize": str(2 * bits)},
        )
        if turns and turns[0].startswith("transpose"):
            width, height = height, width
        self.stream.width, self.stream.height, self.stream.pix_fmt = width, height, "yuv420p"
        self.stream.codec_context.thread_count = 2

    def take(self, frame: Any) -> None:
        self.graph.vpush(frame)
        self._drain()

    def end(self) -> None:
        self.graph.vpush(None)
        self._drain()
        self.container.mux(self.stream.encode(None))

    def _drain(self) -> None:
        import av

        while True:
            try:
                frame = self.graph.vpull()
            except (av.BlockingIOError, av.EOFError):
                return
            frame.pict_type = 0
            self.container.mux(self.stream.encode(frame))


def _within(width: float, height: float) -> tuple[int, int]:
    """Even sides, the longer at most `LONGEST`, of square pixels."""
    scale = min(1.0, LONGEST / max(width, height))
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)

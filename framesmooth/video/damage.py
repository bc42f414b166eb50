"""Damaged videos: what is whole is taken, and what isn't is named."""

import errno
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
from av.container import InputContainer

from framesmooth.errors import MediaError
from framesmooth.frames import Frame
from framesmooth.video.alpha import decoder_of
from framesmooth.video.continuity import continuous_packets

_WITHOUT_STRICT = "make it again, or leave out --strict to take what is whole"


@dataclass
class Damage:
    """What was found to be damaged in a file, filled in as it is read.

    Attributes:
        path: the file.
        strict: whether any damage is an error.
        found: what its container lacks, as sentences that go on after the file's name.
        held: frames in whose place the one before is shown.
        after: frames that build on a damaged one, and may show traces of it.
        numbers: under which each frame, or each field, of the file comes out; empty where that is its own.
        fields: how many frames each frame of the file becomes: 2 where its fields are shown one by one.
        early: how many frames at the start need some from before the file, and are left out.
        lossy: whether packets were lost, so that frames missing from the rate are damage, too.
        skipped: how many were damaged or could not be decoded, counted in every pass.
        listener: is told once per pass over the frames, where there is something new to tell.
    """

    path: Path
    strict: bool = False
    found: list[str] = field(default_factory=list)
    held: set[int] = field(default_factory=set)
    after: set[int] = field(default_factory=set)
    numbers: Sequence[int] = ()
    fields: int = 1
    early: int = 0
    lossy: bool = False
    skipped: int = 0
    listener: Callable[[str], None] | None = None
    _told: str = ""

    def note(self, sentence: str) -> None:
        """Add what the container lacks.

        Raises:
            MediaError: when damage is refused.
        """
        if self.strict:
            raise MediaError(f"{self.path} {sentence}: {_WITHOUT_STRICT}")
        if sentence not in self.found:
            self.found.append(sentence)

    def number(self, index: int) -> int:
        """Return the number under which frame ``index`` comes out; of fields, where those are shown."""
        return self.numbers[index] if index < len(self.numbers) else index

    def of_file(self, index: int) -> int:
        """Return the number under which frame ``index`` of the file comes out, or its first field."""
        return self.number(index * self.fields)

    def skip(self, index: int) -> None:
        """Count a frame, about number ``index``, that is damaged or cannot be decoded.

        Raises:
            MediaError: when damage is refused.
        """
        if self.strict:
            raise MediaError(f"{self.path}: frame {self.of_file(index)} is damaged: {_WITHOUT_STRICT}")
        self.skipped += 1

    @property
    def sentence(self) -> str:
        """What was found, "" where that is nothing."""
        parts = list(self.found)
        if self.held:
            parts.append(f"{named(self.held)} damaged, and the last whole one is held there")
        traces = self.after - self.held
        if traces:
            parts.append(f"{named(traces)} built on damaged ones and may show it")
        if parts:
            parts[-1] += " (--strict refuses it)"
        if self.early:
            parts.append(f"its first {self.early} frames need some from before its start and are left out")
        return f"{self.path.name}{' ' if self.found else ': '}{'; '.join(parts)}" if parts else ""

    def tell(self) -> None:
        """Tell the listener what it hasn't heard yet."""
        if self.listener is not None and self.sentence != self._told:
            self._told = self.sentence
            self.listener(self.sentence)


def named(frames: set[int]) -> str:
    """Return "frame 3 is" or "frames 3, 5-9 are"; the first eight stretches are named."""
    numbers = sorted(frames)
    if not numbers:
        return "no frame is"
    starts = [numbers[0], *(later for earlier, later in pairwise(numbers) if later > earlier + 1)]
    ends = [*(earlier for earlier, later in pairwise(numbers) if later > earlier + 1), numbers[-1]]
    pairs = zip(starts, ends, strict=True)
    parts = [f"{start}" if start == end else f"{start}-{end}" for start, end in pairs]
    more = " and others" if len(parts) > 8 else ""
    return f"frame {parts[0]} is" if len(numbers) == 1 else f"frames {', '.join(parts[:8])}{more} are"


def decoded_pictures(
    container: InputContainer, stream: av.VideoStream, damage: Damage, *, keep: bool
) -> Iterator[av.VideoFrame]:
    """Yield the pictures that can be decoded, in the order in which they are shown.

    Damaged ones are noted, and left out unless ``keep``.

    Raises:
        MediaError: when there are some and the damage is to be refused.
    """
    decode, packets = decoder_of(stream), continuous_packets(container, stream)
    index, broken = 0, False
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError as error:
            _refuse_full_memory(error)
            damage.note(f"breaks off after frame {index - 1}")
            return
        if packet is None:
            return
        if (
            packet.size == 0 and packet.dts is not None
        ):  # AVI and Theora repeat a frame so; decoders would end
            index += 1
            continue
        try:
            pictures = decode(packet)
        except av.FFmpegError as error:
            _refuse_full_memory(error)
            damage.skip(index)
            broken, index = True, index + 1
            continue
        for picture in pictures:
            assert isinstance(picture, av.VideoFrame)
            lost = (
                damage.lossy and index and damage.of_file(index) > damage.of_file(index - 1) + damage.fields
            )
            broken = ((broken or bool(lost)) and not picture.key_frame) or picture.is_corrupt
            if picture.is_corrupt:
                damage.skip(index)
            if broken:
                damage.after.update(range(damage.of_file(index), damage.of_file(index) + damage.fields))
            if keep or not picture.is_corrupt:
                yield picture
            index += 1


def _refuse_full_memory(error: av.FFmpegError) -> None:
    if error.errno == errno.ENOMEM:
        raise error


def hold_missing(
    timed: Iterator[tuple[Fraction, Frame]],
    times: Sequence[Fraction],
    damage: Damage,
    repeats: Collection[int] = (),
) -> Iterator[tuple[Fraction, Frame]]:
    """Yield (seconds, frame) with the frame before in the place of every one that was skipped as damaged.

    Args:
        timed: the frames that were decoded.
        times: of all frames that the file should hold, rising; none are filled in where there are none.
        damage: says whether any was skipped; is told which were held, when the frames end.
        repeats: numbers of frames that stand for the one before, and are filled in at any rate.
    """
    slack = min((later - earlier for earlier, later in pairwise(times)), default=Fraction(0)) / 2
    due = 0
    previous: Frame | None = None

    def missing(until: Fraction | None) -> Iterator[tuple[Fraction, Frame]]:
        nonlocal due
        while previous is not None and due < len(times) and (until is None or times[due] < until):
            damaged = due not in repeats
            if damaged and (damage.skipped or damage.found):
                damage.held.add(damage.number(due))
            if not damaged or damage.skipped or damage.found:
                yield times[due], previous
            due += 1

    try:
        for time, frame in timed:
            yield from missing(time - slack)
            yield time, frame
            previous, due = frame, due + 1
        yield from missing(None)
    finally:
        damage.tell()

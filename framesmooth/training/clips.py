"""Data for motion training: the shots of clips, as latents of frames at even distances."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
import torch
from torch import Tensor

from framesmooth.errors import FramesmoothError
from framesmooth.frames import Frame
from framesmooth.models.conditioning import Conditioning, stack
from framesmooth.models.text_to_image import TextToImage
from framesmooth.motion.flow.dis import DisFlow
from framesmooth.motion.shots import IndexedFrame, steps_of
from framesmooth.training.check import Problem
from framesmooth.training.dataset import DataSet, Example, is_clip
from framesmooth.training.lessons import Lesson, Lessons, encode_picture, size_for
from framesmooth.video import open_source
from framesmooth.video.resize import fitted

MOST: Final = 512
"""Frames of a shot that are learned from: what is beyond is left out, and that is told."""
_SEEN: Final = 160
"""Height in pixels at which cuts are looked for."""
_STILL: Final = 1.0
"""Mean change from frame to frame, in levels of 255, below which nothing moves."""


@dataclass
class Shot:
    """A part of a clip without a cut.

    Attributes:
        first: its first frame in the clip.
        frames: those that are taken, evenly spread, uint8 (H, W, 3).
        left_out: frames beyond the most that are taken.
    """

    first: int
    frames: list[Frame] = field(default_factory=list)
    left_out: int = 0

    def take(self, frame: Frame) -> None:
        """Add a frame, if there is room."""
        if len(self.frames) < MOST:
            self.frames.append(frame.copy())
        else:
            self.left_out += 1


def shots_of(example: Example, fps: float) -> Iterator[Shot]:
    """Yield the shots of a clip, with about ``fps`` frames a second, or all that there are if they are fewer.

    Raises:
        MediaError: a clip that cannot be read.
    """
    source = open_source(example.path)
    stride = max(Fraction(source.fps) / Fraction(fps), Fraction(1))
    seen = (IndexedFrame(index, frame, _small(frame)) for index, frame in enumerate(source))
    shot, due = Shot(0), Fraction(0)
    for step in steps_of(seen, DisFlow()):
        inside = step.index - shot.first
        if inside >= due:
            shot.take(step.frame)
            due += stride
        if step.to_next is None:
            yield shot
            shot, due = Shot(step.index + 1), Fraction(0)


def _small(frame: Frame) -> Frame:
    height, width = frame.shape[:2]
    if height <= _SEEN:
        return frame
    size = max(width * _SEEN // height, 16), _SEEN
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)


def check_clips(data: DataSet, frames: int, fps: float, advance: Callable[[int], None]) -> list[Problem]:
    """Return what is wrong with the clips of a data set, for learning motion from them.

    Args:
        data: the data set.
        frames: that are learned together.
        fps: frames a second that are taken.
        advance: is told how many clips are done.
    """
    found: list[Problem] = []
    short, still, long = [], [], []
    usable = False
    for one in data.clips:
        try:
            shots = list(shots_of(one, fps))
        except FramesmoothError:  # told by the check of pictures
            shots = []
        if len(shots) > 1:
            cuts = ", ".join(str(shot.first) for shot in shots[1:6])
            message = f"a cut before frame {cuts}: each shot is taken for a clip of its own"
            found.append(Problem("cuts", (one.path.name,), message))
        lengths = [len(shot.frames) for shot in shots]
        if shots and min(lengths) < frames:
            short.append(f"{one.path.name} ({', '.join(map(str, lengths))})")
        usable = usable or any(length >= frames for length in lengths)
        still += [one.path.name for shot in shots if len(shot.frames) > 1 and _change(shot.frames) < _STILL]
        long += [f"{one.path.name} ({shot.left_out})" for shot in shots if shot.left_out]
        advance(1)
    if short:
        message = f"shots of fewer than {frames} frames at {fps:g} a second are left out: take longer ones"
        found.append(Problem("short", tuple(short), message))
    if still:
        found.append(Problem("still", tuple(dict.fromkeys(still)), "nothing moves in it: remove it"))
    if long:
        found.append(Problem("short", tuple(long), f"frames beyond the first {MOST} of a shot are left out"))
    pictures = tuple(one.path.name for one in data.examples if not is_clip(one.path))
    if pictures:
        found.append(Problem("still", pictures, "a picture does not move: it is left out"))
    if not usable:
        message = f"no clip holds {frames} frames at {fps:g} a second without a cut: take longer ones"
        found.append(Problem("short", (), f"{message}, or fewer --frames", fatal=True))
    return found


def _change(frames: list[Frame]) -> float:
    small = [_small(frame).astype(np.int16) for frame in frames[:32]]
    return float(np.mean([np.abs(b - a).mean() for a, b in pairwise(small)]))


@dataclass(frozen=True)
class ClipLessons(Lessons):
    """Shots of a data set: latents (T, C, h, w) each, of which ``frames`` in a row are learned at a time.

    Attributes:
        frames: that are learned together; every shot has as many or more.
    """

    frames: int = 16

    def judged(self, lesson: Lesson) -> Tensor:
        """Return the middle of a held-out shot, (frames, C, h, w)."""
        start = (len(lesson.latents) - self.frames) // 2
        return lesson.latents[start : start + self.frames]

    def batch(self, count: int, dropout: float, rng: np.random.Generator) -> tuple[Tensor, Conditioning]:
        """Return latents (B, frames, C, h, w) of shots of one size, and their conditioning."""
        size = self.lessons[int(rng.integers(len(self.lessons)))].latents.shape[1:]
        alike = [one for one in self.lessons if one.latents.shape[1:] == size]
        latents, captions = [], []
        for at in rng.integers(len(alike), size=count):
            one = alike[int(at)]
            whole = one.view(rng, part=False)
            start = int(rng.integers(len(whole) - self.frames + 1))
            latents.append(whole[start : start + self.frames])
            captions.append("" if rng.random() < dropout else one.example.caption)
        return torch.stack(latents), stack([self.meanings[caption] for caption in captions])


def encode_shots(
    model: TextToImage,
    data: DataSet,
    sizes: list[tuple[int, int]],
    *,
    frames: int,
    fps: float,
    flip: bool,
    advance: Callable[[int], None],
) -> tuple[Lesson, ...]:
    """Encode the shots of all clips that are long enough, mirrored too if ``flip``.

    Args:
        model: whose autoencoder is used.
        data: the data set; pictures in it are left out.
        sizes: of which each clip takes the one of the nearest shape.
        frames: that a shot has at least.
        fps: frames a second that are taken.
        flip: whether mirrored ones are learned from as well.
        advance: is told how many clips are done.
    """
    lessons = []
    for example in data.clips:
        for shot in shots_of(example, fps):
            if len(shot.frames) >= frames:
                fit = [fitted(frame, size_for(frame, sizes)) for frame in shot.frames]
                mirrored = _encoded(model, [one[:, ::-1] for one in fit]) if flip else None
                lessons.append(Lesson(example, _encoded(model, fit), mirrored))
        advance(1)
    return tuple(lessons)


def _encoded(model: TextToImage, frames: list[Frame]) -> Tensor:
    return torch.stack([encode_picture(model, frame) for frame in frames])

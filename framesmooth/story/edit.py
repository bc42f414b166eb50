"""Where each shot is in the film, to the frame, and how many frames of it are generated.

A shot lasts from cut to cut as long as the story says. A transition that shows two shots at once is centred
at its cut, half of it before and half after, as in video editors; so the shots on both sides are generated
longer by those frames, their handles.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from framesmooth import limits
from framesmooth.errors import UsageError
from framesmooth.story.spec import Shot, Story
from framesmooth.story.transition import Transition
from framesmooth.video.reading import BLACK, Color


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A shot in the film; all counts are frames.

    Attributes:
        shot: what is shown.
        start: its first frame in the film, that after the cut.
        length: from cut to cut.
        head: generated before its first frame.
        tail: generated after its last frame.
        before: of the transition into it, before the cut; both shots are shown.
        after: of the transition into it, after the cut.
        fade_in: in which it comes from ``color_in``.
        fade_out: at its end, in which it goes to ``color_out``.
    """

    shot: Shot
    start: int
    length: int
    head: int = 0
    tail: int = 0
    before: int = 0
    after: int = 0
    fade_in: int = 0
    fade_out: int = 0
    color_in: Color = BLACK
    color_out: Color = BLACK

    @property
    def end(self) -> int:
        """The frame of the film after its last one."""
        return self.start + self.length

    @property
    def generated(self) -> int:
        """How many frames of it are generated."""
        return self.head + self.length + self.tail

    @property
    def transition(self) -> Transition:
        """Into the shot."""
        return self.shot.transition


@dataclass(frozen=True, kw_only=True)
class Edit:
    """The film as a list of shots, each at its frame."""

    placed: tuple[Placed, ...]
    fps: Fraction

    @property
    def num_frames(self) -> int:
        """Of the film."""
        return self.placed[-1].end

    def seconds(self, frame: int) -> Fraction:
        """Return the time of a frame."""
        return Fraction(frame) / self.fps


def frames_of(seconds: Fraction, fps: Fraction) -> int:
    """Return the number of frames that is nearest to a time; halves go up."""
    return int(seconds * fps + Fraction(1, 2))


def plan_edit(story: Story, spoken: Sequence[Fraction] = ()) -> Edit:
    """Place the shots of a story in its film.

    Args:
        story: the film.
        spoken: how many seconds each shot lasts at least, for its words; () where nothing is spoken.

    Raises:
        UsageError: a shot shorter than a frame or than its transitions, or a film that is too long.
    """
    fps, shots = story.fps, story.shots
    lengths = [
        _length(shot, fps, spoken[index] if spoken else Fraction(0)) for index, shot in enumerate(shots)
    ]
    if sum(lengths) > limits.MAX_FRAMES:
        raise UsageError(
            f"{story.path}: the film has {sum(lengths)} frames: {limits.MAX_FRAMES} at most, divide it"
        )
    into = [_overlap(shot.transition, fps) for shot in shots]
    fades_in = [_fade_in(shot.transition, fps) for shot in shots]
    outs = [*(shot.transition for shot in shots[1:]), story.end]
    fades_out = [_fade_out(transition, fps) for transition in outs]
    extra = frames_of(story.handles, fps)
    placed, start = [], 0
    for index, shot in enumerate(shots):
        before, after = into[index]
        next_before, next_after = into[index + 1] if index + 1 < len(shots) else (0, 0)
        _check_room(story, index, lengths[index], after + fades_in[index], next_before + fades_out[index])
        morphs = shot.transition.kind == "morph", outs[index].kind == "morph"
        matched = shot.transition.kind == "match"
        placed.append(
            Placed(
                shot=shot,
                start=start,
                length=lengths[index],
                head=1 if matched else max(0 if morphs[0] else before, extra if index else 0),
                tail=max(0 if morphs[1] else next_after, extra if index + 1 < len(shots) else 0),
                before=before,
                after=after,
                fade_in=fades_in[index],
                fade_out=fades_out[index],
                color_in=shot.transition.color,
                color_out=outs[index].color,
            )
        )
        start += lengths[index]
    return Edit(placed=tuple(placed), fps=fps)


def _length(shot: Shot, fps: Fraction, spoken: Fraction) -> int:
    frames = frames_of(shot.duration, fps)
    if frames < 1:
        raise shot.located("duration").refused(
            f"{float(shot.duration):g} s is shorter than a frame at {float(fps):g} fps: give more"
        )
    return max(frames, -int(-spoken * fps // 1))


def _overlap(transition: Transition, fps: Fraction) -> tuple[int, int]:
    """Return the frames of a transition before and after its cut in which both shots are needed."""
    if not transition.overlaps:
        return 0, 0
    frames = max(1, frames_of(transition.seconds, fps))
    return frames // 2, frames - frames // 2


def _fade_in(transition: Transition, fps: Fraction) -> int:
    frames = max(1, frames_of(transition.seconds, fps))
    if transition.kind == "dip":
        return frames - frames // 2
    return frames if transition.kind in ("fade", "fade in") else 0


def _fade_out(transition: Transition, fps: Fraction) -> int:
    frames = max(1, frames_of(transition.seconds, fps))
    if transition.kind == "dip":
        return frames // 2
    return frames if transition.kind in ("fade", "fade out") else 0


def _check_room(story: Story, index: int, length: int, first: int, last: int) -> None:
    """Refuse transitions that need more frames than the shot between them has."""
    if first + last <= length:
        return
    shot = story.shots[index]
    longer_out = index + 1 < len(story.shots) and last >= first
    place = story.shots[index + 1].located("transition") if longer_out else shot.located("transition")
    fps = float(story.fps)
    raise place.refused(
        f"the transitions at both ends of shot {index + 1} need {(first + last) / fps:.3g} s of it, and it "
        f"lasts {length / fps:.3g} s: shorten them, or give the shot a longer duration"
    )

"""What a clip that restyles a video is asked for, worked out frame by frame."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from framesmooth.errors import MediaError, UsageError
from framesmooth.fitting import FittedClip, Window
from framesmooth.frames import FrameSource
from framesmooth.generation import DEFAULT_VIDEO_STRENGTH
from framesmooth.generation.plan import check_one_noise, short, strengths_of
from framesmooth.outliers import look_of
from framesmooth.timeline import Timeline
from framesmooth.video import open_source

if TYPE_CHECKING:
    from framesmooth.settings import ClipSettings


_SMALL: Final = (64, 64)


@dataclass(frozen=True, kw_only=True)
class Restyle:
    """How each diffused frame comes from that of a video.

    Attributes:
        video: at the clip's rate, of any size, as long as the clip or longer.
        content: its SHA-256 (hex).
        strengths: share of the steps, 0 to 1, that draw each frame anew.
        cadence: as asked, None where it is left open.
    """

    video: FrameSource
    content: str
    strengths: Sequence[float]
    cadence: int | None = None

    @property
    def key(self) -> dict[str, Any]:
        """Everything about this that decides the diffused pictures: plain JSON types."""
        return {
            "video": self.content,
            "fps": str(self.video.fps),
            "strengths": short(self.strengths),
            "cadence": self.cadence,
        }

    def is_black(self, time: int) -> bool:
        """Tell whether a frame of the video is black; cheap where the numbers asked for rise."""
        return look_of(self._small.frames(time, time)[time]).black

    @cached_property
    def _small(self) -> Window:
        return Window(self.frames(_SMALL, _SMALL))

    def frames(self, filled: tuple[int, int], size: tuple[int, int]) -> FittedClip:
        """Return the video in ``size`` (height, width), the middle of what fills ``filled``."""
        return FittedClip(self.video, len(self.strengths), filled, size)


def open_video(settings: "ClipSettings") -> FrameSource | None:
    """Return the video to restyle at the clip's rate, None where there is none.

    Raises:
        MediaError: none that can be read.
        UsageError: the clip itself, or a video of another length than asked.
    """
    path = settings.init_video
    if path is None:
        return None
    if not path.exists():
        raise MediaError(f"{path} does not exist: check the name after --init-video")
    if settings.output.exists() and settings.output.resolve() == path.resolve():
        raise UsageError(f"{path} is the video to restyle itself: give another -o")
    video = open_source(path, fps=settings.fps)
    length, asked = video.num_frames or 0, settings.num_frames
    if asked is not None and asked > length:
        rate = f"{float(settings.fps):g} a second"
        raise UsageError(f"--num-frames {asked}: {path} has {length} frames at {rate}: ask for no more")
    return video


def plan_restyle(settings: "ClipSettings", timeline: Timeline, video: FrameSource, content: str) -> Restyle:
    """Work out the schedules of ``settings`` for a ``video`` with this ``content`` (SHA-256).

    Raises:
        UsageError: a schedule that cannot be read or leaves its range, or a setting that doesn't go with it.
    """
    others = {
        "a camera": settings.camera,
        "--init-image": settings.init_image,
        "--last-image": settings.last_image,
        "--loop": settings.loop or None,
    }
    for name, asked in others.items():
        if asked is not None:
            raise UsageError(f"--init-video leads the picture and its motion: drop it or {name}")
    check_one_noise(settings, timeline)
    return Restyle(
        video=video,
        content=content,
        strengths=strengths_of(settings, timeline, DEFAULT_VIDEO_STRENGTH),
        cadence=None if settings.cadence == "auto" else settings.cadence,
    )

"""Compared clips as one video: side by side or with a wipe, each with its name and running warping error."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing

from framesmooth.errors import UsageError
from framesmooth.events import Listener, frame_stage
from framesmooth.frames import Frame, FrameSource
from framesmooth.metrics.report import Report
from framesmooth.reports.montage import (
    label,
    running_means,
    side_by_side,
    side_by_side_size,
    wipe,
)
from framesmooth.streams import prefetch
from framesmooth.video import check_output, is_folder_name, open_sink
from framesmooth.workflows.comparison import Comparison

_METRIC = "warping_error"


def check_layout(output: str | None, layout: str, count: int, *, overwrite: bool) -> None:
    """Check before anything is measured that the video can be written.

    Raises:
        UsageError: a wipe of more than two clips, or a name that is no video's, or that is taken.
    """
    if output is None:
        return
    if layout == "wipe" and count > 2:
        raise UsageError(f"a wipe shows two clips, not {count}: give one AFTER, or --layout side-by-side")
    if is_folder_name(output):
        raise UsageError(f"{output} is no video's name: end it with .mp4, .mov, .mkv, .webm, .gif or .webp")
    check_output(output, overwrite=overwrite)


def write_montage(
    output: str,
    comparison: Comparison,
    clips: Mapping[str, FrameSource],
    layout: str,
    emit: Listener,
    *,
    crf: int,
    overwrite: bool,
) -> None:
    """Write the clips into one video; they are read once more, and one frame of each is held.

    Raises:
        MediaError: unreadable frames, or an output that cannot be written.
    """
    first = clips[comparison.before]
    size = first.size if layout == "wipe" else side_by_side_size(first.size, len(clips))
    tags = {"comment": f"compared by framesmooth: {', '.join(clips)}"}
    captions = {name: list(_captions(report)) for name, report in comparison.reports.items()}
    with (
        frame_stage(emit, "video", first.num_frames) as count,
        open_sink(
            output, fps=first.fps, size=size, crf=crf, odd="pad", overwrite=overwrite, metadata=tags
        ) as sink,
    ):
        for index, frames in enumerate(_together(list(clips.values()))):
            texts = [((name,), captions[name][index]) for name in clips]
            if layout == "wipe":
                picture = label(wipe(frames[0], frames[1], float(index / first.fps)), *texts)
            else:
                labelled = (label(frame, text) for frame, text in zip(frames, texts, strict=True))
                picture = side_by_side(list(labelled))
            sink.write(picture)
            count(index + 1)


def _captions(report: Report) -> Iterator[tuple[str, ...]]:
    """Yield the warping error of every frame, and its mean so far, in a long wording and in short ones."""
    series = report[_METRIC]
    for value, mean in zip(series.per_frame, running_means(series.per_frame), strict=True):
        here, so_far = ("–" if each is None else f"{each:.2f}" for each in (value, mean))
        yield (
            f"warping error {here} · mean so far {so_far} {series.unit}",
            f"warping error {here} · mean {so_far}",
            f"error {here} · mean {so_far}",
            f"{here} · mean {so_far}",
        )


def _together(clips: Sequence[FrameSource]) -> Iterator[tuple[Frame, ...]]:
    with ExitStack() as stack:
        streams = [stack.enter_context(closing(prefetch(clip, 1))) for clip in clips]
        yield from zip(*streams, strict=True)

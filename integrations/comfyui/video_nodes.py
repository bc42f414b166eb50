"""Nodes for videos: read and written frame by frame, so that a film of any length takes little memory."""

from contextlib import ExitStack
from typing import Literal

from comfy_api.latest import Input, InputImpl, io, ui

import framesmooth
from framesmooth import defaults

from . import widgets
from .files import Output, opened
from .progress import Listener
from .results import compared, compared_outputs, described, measured, measured_outputs

PATH_HELP = 'Instead of a connected video: a file of ComfyUI\'s input folder, or "name.mp4 [output]".'


def _clip(name: str, path: str) -> list[io.Input]:
    return [
        io.Video.Input(name, optional=True, tooltip="The video. Or give its path."),
        io.String.Input(path, default="", optional=True, tooltip=PATH_HELP),
    ]


def _writing(prefix: str) -> list[io.Input]:
    return [
        io.String.Input(
            "filename_prefix",
            default=f"video/{prefix}",
            tooltip="Name of the result in ComfyUI's output folder; a number is added.",
        ),
        io.Combo.Input("format", options=["mp4", "mkv", "mov", "webm"], default="mp4"),
        io.Int.Input(
            "crf",
            default=defaults.CRF,
            min=0,
            max=51,
            tooltip="Quality: 0 is lossless, 17 looks lossless, 28 makes a small file.",
        ),
    ]


_WRITTEN = (io.Video.Output("result", display_name="video"), io.String.Output("path"))


def _written(output: Output, *more: str) -> io.NodeOutput:
    video = InputImpl.VideoFromFile(output.path)
    return io.NodeOutput(video, output.path, *more, ui=ui.PreviewVideo([output.shown]))


class SmoothVideo(io.ComfyNode):
    """Removes flicker from a video file."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node."""
        return io.Schema(
            node_id="FramesmoothSmoothVideo",
            display_name="Smooth Video (framesmooth)",
            category=widgets.CATEGORY,
            description=widgets.about("Removes flicker from a video of any length; its sound is kept."),
            search_aliases=["deflicker video"],
            inputs=[*_clip("video", "path"), *widgets.smoothing(), *_writing("smooth")],
            outputs=[*_WRITTEN, io.String.Output("report")],
            is_output_node=True,
        )

    @classmethod
    def execute(
        cls,
        automatic: bool,
        strength: float,
        smoother: str,
        loop: bool,
        filename_prefix: str,
        format: str,
        crf: int,
        video: Input.Video | None = None,
        path: str = "",
    ) -> io.NodeOutput:
        """Smooth the video."""
        with opened(video, path) as source:
            output = Output.numbered(filename_prefix, format)
            made = framesmooth.smooth(
                source,
                output.path,
                smooth_strength=None if automatic else strength,
                smoother=smoother,
                loop=loop,
                crf=crf,
                on_event=(told := Listener()),
            )
        assert made.after is not None  # it is measured unless it is told not to
        return _written(output, described(made.before, made.after, told.notices))


class InterpolateVideo(io.ComfyNode):
    """Puts frames between those of a video file, along the motion."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node."""
        return io.Schema(
            node_id="FramesmoothInterpolateVideo",
            display_name="Interpolate Video (framesmooth)",
            category=widgets.CATEGORY,
            description=widgets.about("Puts frames between frames; the rate rises, the length stays."),
            search_aliases=["frame interpolation", "fps"],
            inputs=[*_clip("video", "path"), *widgets.interpolation(), *_writing("interpolated")],
            outputs=[*_WRITTEN],
            is_output_node=True,
        )

    @classmethod
    def execute(
        cls,
        cadence: int,
        at_cuts: Literal["fade", "hold"],
        loop: bool,
        filename_prefix: str,
        format: str,
        crf: int,
        video: Input.Video | None = None,
        path: str = "",
    ) -> io.NodeOutput:
        """Interpolate the video."""
        with opened(video, path) as source:
            output = Output.numbered(filename_prefix, format)
            framesmooth.interpolate(
                source,
                output.path,
                cadence=cadence,
                at_cuts=at_cuts,
                loop=loop,
                crf=crf,
                on_event=Listener(),
            )
        return _written(output)


class MeasureVideo(io.ComfyNode):
    """Measures how much a video file flickers."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node."""
        return io.Schema(
            node_id="FramesmoothMeasureVideo",
            display_name="Measure Video Flicker (framesmooth)",
            category=widgets.CATEGORY,
            description=widgets.about("Measures flicker, detail and motion, with a plot over the frames."),
            search_aliases=["flicker score", "video metrics"],
            inputs=_clip("video", "path"),
            outputs=measured_outputs(),
            is_output_node=True,
        )

    @classmethod
    def execute(cls, video: Input.Video | None = None, path: str = "") -> io.NodeOutput:
        """Measure the video."""
        with opened(video, path) as source:
            report = framesmooth.measure(source, on_event=(told := Listener()))
        return measured(cls, report, told.notices)


class CompareVideos(io.ComfyNode):
    """Says which of two versions of a video is steadier, and at what price."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node."""
        return io.Schema(
            node_id="FramesmoothCompareVideos",
            display_name="Compare Video Flicker (framesmooth)",
            category=widgets.CATEGORY,
            description=widgets.about("Says whether the second video is steadier than the first, and why."),
            search_aliases=["flicker comparison", "before after"],
            inputs=[*_clip("before", "before_path"), *_clip("after", "after_path")],
            outputs=compared_outputs(),
            is_output_node=True,
        )

    @classmethod
    def execute(
        cls,
        before: Input.Video | None = None,
        before_path: str = "",
        after: Input.Video | None = None,
        after_path: str = "",
    ) -> io.NodeOutput:
        """Compare the videos."""
        with ExitStack() as stack:
            first = stack.enter_context(opened(before, before_path))
            second = stack.enter_context(opened(after, after_path))
            found = framesmooth.compare(first, [second], on_event=(told := Listener()))
        return compared(cls, found, told.notices)

"""Nodes for batches of images: tensors (frames, height, width, 3) of floats in [0, 1]."""

from typing import Literal

import torch
from comfy_api.latest import io

import framesmooth

from . import widgets
from .progress import Listener
from .results import compared, compared_outputs, described, measured, measured_outputs
from .tensors import TensorClip, rate, to_images


class SmoothImages(io.ComfyNode):
    """Removes flicker from a batch of images."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node."""
        return io.Schema(
            node_id="FramesmoothSmooth",
            display_name="Smooth Images (framesmooth)",
            category=widgets.CATEGORY,
            description=widgets.about("Removes flicker along the motion, and measures what is left."),
            search_aliases=["deflicker", "temporal consistency", "stabilize colors"],
            inputs=[io.Image.Input("images", tooltip="The frames of one clip."), *widgets.smoothing()],
            outputs=[io.Image.Output("smoothed", display_name="images"), io.String.Output("report")],
        )

    @classmethod
    def execute(
        cls, images: torch.Tensor, automatic: bool, strength: float, smoother: str, loop: bool
    ) -> io.NodeOutput:
        """Smooth the frames."""
        clip = TensorClip(images, rate(24))
        made = framesmooth.smooth(
            clip,
            smooth_strength=None if automatic else strength,
            smoother=smoother,
            loop=loop,
            on_event=(told := Listener()),
        )
        assert made.after is not None  # it is measured unless it is told not to
        return io.NodeOutput(to_images(made.frames), described(made.before, made.after, told.notices))


class MeasureImages(io.ComfyNode):
    """Measures how much a batch of images flickers."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node."""
        return io.Schema(
            node_id="FramesmoothMeasure",
            display_name="Measure Flicker (framesmooth)",
            category=widgets.CATEGORY,
            description=widgets.about("Measures flicker, detail and motion, with a plot over the frames."),
            search_aliases=["flicker score", "video metrics", "warping error"],
            inputs=[
                io.Image.Input("images", tooltip="The frames of one clip."),
                io.Image.Input(
                    "reference", optional=True, tooltip="The same clip without flicker, where there is one."
                ),
                widgets.rate(),
            ],
            outputs=measured_outputs(),
            is_output_node=True,
        )

    @classmethod
    def execute(
        cls, images: torch.Tensor, fps: float, reference: torch.Tensor | None = None
    ) -> io.NodeOutput:
        """Measure the frames."""
        clean = None if reference is None else TensorClip(reference, rate(fps))
        clip = TensorClip(images, rate(fps))
        report = framesmooth.measure(clip, reference=clean, on_event=(told := Listener()))
        return measured(cls, report, told.notices)


class CompareImages(io.ComfyNode):
    """Says which of two versions of a clip is steadier, and at what price."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node."""
        return io.Schema(
            node_id="FramesmoothCompare",
            display_name="Compare Flicker (framesmooth)",
            category=widgets.CATEGORY,
            description=widgets.about("Says whether the second clip is steadier than the first, and why."),
            search_aliases=["flicker comparison", "before after"],
            inputs=[
                io.Image.Input("before", tooltip="The clip that the other is judged against."),
                io.Image.Input("after", tooltip="The other version, of the same size."),
                io.Image.Input(
                    "reference", optional=True, tooltip="The same clip without flicker, where there is one."
                ),
            ],
            outputs=compared_outputs(),
            is_output_node=True,
        )

    @classmethod
    def execute(
        cls, before: torch.Tensor, after: torch.Tensor, reference: torch.Tensor | None = None
    ) -> io.NodeOutput:
        """Compare the clips."""
        clips = [TensorClip(images, rate(24)) for images in (before, after)]
        clean = None if reference is None else TensorClip(reference, rate(24))
        found = framesmooth.compare(clips[0], [clips[1]], reference=clean, on_event=(told := Listener()))
        return compared(cls, found, told.notices)


class InterpolateImages(io.ComfyNode):
    """Puts frames between those of a batch, along the motion."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node."""
        return io.Schema(
            node_id="FramesmoothInterpolate",
            display_name="Interpolate Images (framesmooth)",
            category=widgets.CATEGORY,
            description=widgets.about("Puts frames between frames, along the motion; no model is needed."),
            search_aliases=["frame interpolation", "slow motion", "in-betweens"],
            inputs=[io.Image.Input("images", tooltip="The frames of one clip."), *widgets.interpolation()],
            outputs=[io.Image.Output("interpolated", display_name="images")],
        )

    @classmethod
    def execute(
        cls, images: torch.Tensor, cadence: int, at_cuts: Literal["fade", "hold"], loop: bool
    ) -> io.NodeOutput:
        """Interpolate the frames."""
        made = framesmooth.interpolate(
            TensorClip(images, rate(24)),
            cadence=cadence,
            at_cuts=at_cuts,
            loop=loop,
            drop_repeats="off",  # the number of frames is what the widget says
            on_event=Listener(),
        )
        return io.NodeOutput(to_images(made.frames))

"""Tiny, untrained baselines, written as the training script writes finished ones; frames of 32×32."""

from pathlib import Path
from typing import Any

import torch
from storybook.baseline_export import export_baseline

from framesmooth.models.baselines.codes import VideoCodes
from framesmooth.models.baselines.recurrent_gan import RecurrentGenerator
from framesmooth.models.baselines.video_gpt import VideoGpt
from tests.tiny_families import shaken

SIDE = 32


def tiny_codes() -> Any:
    torch.manual_seed(2)
    codes = VideoCodes(width=8, inner=16, code_width=4, codebook=6, depth=2)
    shaken(codes)
    codes.codebooks.normal_()  # a buffer: not among the parameters
    codes.eval()
    return codes


def tiny_gpt() -> Any:
    torch.manual_seed(3)
    gpt = VideoGpt(width=16, layers=2, heads=2, prefix=3, shape=(2, 2, 2), code_width=4, codebook=6, depth=2)
    shaken(gpt)
    gpt.eval()
    return gpt


def tiny_generator() -> Any:
    torch.manual_seed(4)
    net = RecurrentGenerator(width=16, told=16, noise=4, motion=4, side=4)
    shaken(net)
    net.eval()
    return net


def build_tiny_gpt(folder: Path) -> Path:
    """Write a VideoGPT of clips of 8 frames."""
    networks = {"transformer": tiny_gpt(), "codes": tiny_codes()}
    export_baseline(folder, "VideoGptPipeline", networks, "tiny")
    return folder


def build_tiny_gan(folder: Path) -> Path:
    """Write a recurrent GAN."""
    export_baseline(folder, "RecurrentGanPipeline", {"transformer": tiny_generator()}, "tiny")
    return folder

"""Loading a baseline: its own networks, and the parts of storybook that it works with."""

from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from safetensors import SafetensorError

from framesmooth.errors import ModelError
from framesmooth.models.baselines.codes import VideoCodes
from framesmooth.models.baselines.pipelines import RecurrentGanPipeline, StorybookParts, VideoGptPipeline
from framesmooth.models.baselines.recurrent_gan import RecurrentGenerator
from framesmooth.models.baselines.video_gpt import VideoGpt
from framesmooth.models.checkpoints import BUILT_IN_FOLDER, pipeline_class
from framesmooth.models.devices import choose_device
from framesmooth.models.video_families.base import VideoFamily
from framesmooth.models.video_model import VideoModel


def load_baseline(folder: Path, family: VideoFamily, device: str) -> VideoModel:
    """Load the baseline in ``folder``, which is checked already; it works in float32, small as it is.

    Args:
        folder: of the model.
        family: of its pipeline.
        device: "auto", "cpu", "cuda", "cuda:1", "mps".

    Raises:
        ModelError: weights that cannot be loaded, or that don't fit their configuration.
        UsageError: a device that isn't there.
    """
    chosen = choose_device(device)
    try:
        pipe = _pipeline(folder, chosen)
    except (OSError, ValueError, TypeError, RuntimeError, KeyError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelError(f"{folder.name} could not be loaded ({reason}): make it again") from error
    return VideoModel(pipe, family, folder, chosen, torch.float32, pipe.scheduler)


def _pipeline(folder: Path, device: torch.device) -> VideoGptPipeline | RecurrentGanPipeline:
    parts = _storybook(device)
    if pipeline_class(folder) == RecurrentGanPipeline.__name__:
        return RecurrentGanPipeline(_network(RecurrentGenerator, folder / "transformer", device), parts)
    gpt = _network(VideoGpt, folder / "transformer", device)
    return VideoGptPipeline(gpt, _network(VideoCodes, folder / "codes", device), parts)


def _network(kind: Any, folder: Path, device: torch.device) -> Any:
    """Return a network in float32, whatever its weights are kept in."""
    net = kind.from_pretrained(folder, use_safetensors=True, local_files_only=True, low_cpu_mem_usage=False)
    return net.to(device, torch.float32).eval()


def _storybook(device: torch.device) -> StorybookParts:
    def read(kind: Any, part: str, **settings: Any) -> Any:
        return kind.from_pretrained(BUILT_IN_FOLDER / part, local_files_only=True, **settings)

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    diffusers.utils.logging.set_verbosity_error()
    text = read(transformers.CLIPTextModel, "text_encoder", dtype=torch.float32)
    vae = read(diffusers.AutoencoderTiny, "vae", torch_dtype=torch.float32)
    tokenizer = read(transformers.CLIPTokenizer, "tokenizer")
    return StorybookParts(tokenizer, text.to(device).eval(), vae.to(device).eval())

"""Models that make sound from words: MusicGen, Stable Audio, AudioLDM 2 and VITS, from local folders."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from framesmooth.errors import ModelError

SoundMaker = Callable[[str, float, int], tuple[NDArray[np.float32], int]]
"""(prompt, seconds, seed) -> samples (n, channels), and their rate."""

_DIFFUSION: Final = ("StableAudioPipeline", "AudioLDM2Pipeline", "AudioLDMPipeline", "MusicLDMPipeline")
_LONGEST: Final = 30.0
"""Seconds that models of this kind were trained for."""


def load_sound_model(folder: Path, *, steps: int | None = None, device: str = "cpu") -> SoundMaker:
    """Load a model that makes music or sounds; nothing is downloaded.

    Args:
        folder: in transformers' format (MusicGen), or in diffusers' (Stable Audio, AudioLDM 2).
        steps: denoising steps; None is the pipeline's own.
        device: "cpu" or "cuda".

    Raises:
        ModelError: a folder that holds no such model, or one that cannot be loaded.
    """
    if (folder / "model_index.json").is_file():
        return _diffusion(folder, steps, device)
    kind = _config(folder).get("model_type")
    if kind == "musicgen":
        return _musicgen(folder, device)
    raise ModelError(f"{folder} holds no MusicGen, Stable Audio or AudioLDM 2 (model_type {kind!r})")


def load_voice(folder: Path, *, device: str = "cpu") -> SoundMaker:
    """Load a VITS model that speaks; of the prompt, seconds and seed it takes the text and the seed.

    Raises:
        ModelError: a folder that holds no such model, or one that cannot be loaded.
    """
    if _config(folder).get("model_type") != "vits":
        raise ModelError(f"{folder} holds no VITS model: give a folder in transformers' format")
    import torch
    from transformers import AutoTokenizer, VitsModel

    local = {"local_files_only": True, "use_safetensors": True}
    model = _loaded(folder, lambda: VitsModel.from_pretrained(folder, **local))
    tokenizer = _loaded(folder, lambda: AutoTokenizer.from_pretrained(folder, local_files_only=True))
    model = model.to(device).eval()

    def speak(text: str, _seconds: float, seed: int) -> tuple[NDArray[np.float32], int]:
        tokens = tokenizer(text, return_tensors="pt").to(device)
        if tokens["input_ids"].shape[-1] == 0:
            raise ModelError(f"{folder} knows no letter of {text[:40]!r}: give another voice")
        with torch.no_grad(), _seeded(seed):
            wave = model(**tokens).waveform[0]
        return wave.float().cpu().numpy()[:, None], int(model.config.sampling_rate)

    return speak


def _musicgen(folder: Path, device: str) -> SoundMaker:
    import torch
    from transformers import AutoTokenizer, MusicgenForConditionalGeneration

    model = _loaded(
        folder,
        lambda: MusicgenForConditionalGeneration.from_pretrained(
            folder, local_files_only=True, use_safetensors=True
        ),
    )
    tokenizer = _loaded(folder, lambda: AutoTokenizer.from_pretrained(folder, local_files_only=True))
    model = model.to(device).eval()
    coder = model.config.audio_encoder
    rate, channels = int(coder.sampling_rate), int(model.config.decoder.audio_channels)

    def make(prompt: str, seconds: float, seed: int) -> tuple[NDArray[np.float32], int]:
        tokens = tokenizer([prompt], return_tensors="pt", padding=True).to(device)
        count = max(1, int(np.ceil(min(seconds, _LONGEST) * coder.frame_rate)))
        with torch.no_grad(), _seeded(seed):
            made = model.generate(**tokens, do_sample=True, guidance_scale=3.0, max_new_tokens=count + 4)
        wave = made[0].float().cpu().numpy().reshape(channels, -1).T
        return np.asarray(wave[: round(min(seconds, _LONGEST) * rate)], np.float32), rate

    return make


def _diffusion(folder: Path, steps: int | None, device: str) -> SoundMaker:
    import torch
    from diffusers import DiffusionPipeline

    name = _read(folder / "model_index.json").get("_class_name")
    if name not in _DIFFUSION:
        raise ModelError(
            f"{folder} holds a {name}, which makes no sound: give one of {', '.join(_DIFFUSION)}"
        )
    pipeline = _loaded(
        folder,
        lambda: DiffusionPipeline.from_pretrained(folder, local_files_only=True, use_safetensors=True),
    )
    pipeline = pipeline.to(device)
    pipeline.set_progress_bar_config(disable=True)
    stable = name == "StableAudioPipeline"
    coder = pipeline.vae.config if stable else pipeline.vocoder.config
    rate = int(getattr(coder, "sampling_rate", 16_000))

    def make(prompt: str, seconds: float, seed: int) -> tuple[NDArray[np.float32], int]:
        length = min(seconds, _LONGEST)
        asked: dict[str, Any] = {"audio_end_in_s": length} if stable else {"audio_length_in_s": length}
        asked |= {} if steps is None else {"num_inference_steps": steps}
        noise = torch.Generator(device).manual_seed(seed)
        made = pipeline(prompt, generator=noise, output_type="pt" if stable else "np", **asked).audios[0]
        wave = made.float().cpu().numpy() if isinstance(made, torch.Tensor) else np.asarray(made)
        return np.asarray(np.atleast_2d(wave).T, np.float32), rate

    return make


def _seeded(seed: int) -> Any:
    import torch

    class Seeded:
        def __enter__(self) -> None:
            self._before = torch.get_rng_state()
            torch.manual_seed(seed)

        def __exit__(self, *_: object) -> None:
            torch.set_rng_state(self._before)

    return Seeded()


def _loaded(folder: Path, load: Callable[[], Any]) -> Any:
    try:
        return load()
    except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelError(f"cannot load the sound model in {folder}: {reason}") from error


def _config(folder: Path) -> dict[str, Any]:
    return _read(folder / "config.json")


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        told = f"{path.name} is missing or no JSON"
        raise ModelError(f"{path.parent} holds no model that can be read: {told}") from error
    if not isinstance(content, dict):
        raise ModelError(f"{path} is no configuration of a model")
    return content

"""Swin2SR (Conde et al. 2022) from a local folder in transformers' format."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from framesmooth.errors import ModelError, UsageError, require_packages
from framesmooth.frames import Frame

_WINDOW_REACH = 32


@dataclass(frozen=True)
class Swin2SR:
    """Enlarges frames by a Swin2SR network.

    Attributes:
        network: the network, on its device.
        factor: its own.
        reach: pixels of overlap of tiles; attention windows shift, so tiles are nearly the whole.
    """

    network: Any
    factor: int
    reach: int = _WINDOW_REACH

    @classmethod
    def create(cls, folder: Path | None, device: str) -> "Swin2SR":
        """Load the network in ``folder``.

        Raises:
            UsageError: no folder.
            ModelError: a folder that holds no such network, or only a pickle of one.
        """
        if folder is None:
            raise UsageError("swin2sr needs its model: give the path of its folder as --model")
        require_packages("swin2sr", ("torch", "transformers"))
        from transformers import AutoConfig, Swin2SRForImageSuperResolution

        from framesmooth.models.devices import choose_device

        try:
            config = AutoConfig.from_pretrained(folder, local_files_only=True)
            if config.model_type != "swin2sr":
                raise ModelError(f"{folder} holds a {config.model_type}, no upscaler: give a Swin2SR folder")
            network = Swin2SRForImageSuperResolution.from_pretrained(
                folder, local_files_only=True, use_safetensors=True
            )
        except (OSError, ValueError, KeyError) as error:
            reason = " ".join(str(error).split())[:160]
            raise ModelError(f"{folder} holds no Swin2SR network in safetensors ({reason})") from error
        return cls(network.to(choose_device(device)).eval(), int(config.upscale))

    def __call__(self, frame: Frame) -> Frame:
        """Return an enlarged frame (factor H, factor W, 3)."""
        import torch

        height, width = frame.shape[:2]
        window = self.network.config.window_size  # it pads to a multiple itself, and then trips over it
        whole = np.pad(frame, ((0, -height % window), (0, -width % window), (0, 0)), mode="edge")
        with torch.inference_mode():
            given = torch.from_numpy(whole).permute(2, 0, 1)[None].float() / 255
            made = self.network(pixel_values=given.to(self.network.device)).reconstruction
            large = made[0, :, : self.factor * height, : self.factor * width].clamp(0, 1) * 255
            return np.ascontiguousarray(large.round().to(torch.uint8).permute(1, 2, 0).cpu().numpy())

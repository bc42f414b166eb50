"""``storybook-x2``: a small network for painted and generated pictures, shipped with framesmooth."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from framesmooth.errors import ModelError, require_packages
from framesmooth.frames import Frame

if TYPE_CHECKING:
    from torch import device, dtype

    from framesmooth.upscaling.residual_network import ResidualUpscaler

FOLDER: Final = Path(__file__).parent / "storybook-x2"


@dataclass(frozen=True)
class StorybookX2:
    """Doubles frames by a residual network.

    Attributes:
        network: the network, on its device.
        device: where it runs.
        dtype: in which numbers.
    """

    network: "ResidualUpscaler"
    device: "device"
    dtype: "dtype"
    factor: int = 2

    @property
    def reach(self) -> int:
        """Pixels that a result depends on: one for each convolution in a row, and two for bicubic."""
        return 2 * len(self.network.residual) + 4

    @classmethod
    def create(cls, folder: Path | None, device: str) -> "StorybookX2":
        """Load the network from ``folder``, by default the one that is shipped.

        Raises:
            ModelError: no such network, or packages that aren't installed.
        """
        require_packages("storybook-x2", ("torch", "diffusers", "safetensors"))
        import torch

        from framesmooth.models.devices import choose_device, choose_dtype
        from framesmooth.upscaling.residual_network import ResidualUpscaler

        place = choose_device(device)
        dtype = choose_dtype("auto", place)
        try:
            network = ResidualUpscaler.from_pretrained(
                folder or FOLDER, use_safetensors=True, local_files_only=True, torch_dtype=dtype
            )
        except (OSError, ValueError, TypeError) as error:
            raise ModelError(f"{folder or FOLDER} holds no upscaling network ({error})") from error
        ready = network.to(place, memory_format=torch.channels_last).eval()
        return cls(ready, place, dtype)

    def __call__(self, frame: Frame) -> Frame:
        """Return a frame (H, W, 3) twice as wide and high."""
        import torch

        with torch.inference_mode():
            given = torch.from_numpy(frame).to(self.device).permute(2, 0, 1)[None].to(torch.float32) / 255
            plain = given.contiguous(memory_format=torch.channels_last)
            made = self.network.enlarged(plain, self.dtype)
            levels = (made.clamp(0, 1) * 255).round().to(torch.uint8)[0].permute(1, 2, 0).cpu().numpy()
        return np.ascontiguousarray(levels)

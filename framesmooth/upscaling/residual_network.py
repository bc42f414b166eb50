"""A small residual network that doubles the size of a picture.

It adds to the bicubic enlargement what that lacks (Kim et al. 2016, VDSR); its layers work at the small size,
and the last one gives four pixels for each (Shi et al. 2016, ESPCN).
"""

from typing import cast

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn


class ResidualUpscaler(ModelMixin, ConfigMixin):  # type: ignore[misc]
    """Doubles height and width.

    Args:
        width: channels of its layers.
        blocks: residual blocks of two convolutions.
    """

    @register_to_config  # type: ignore[untyped-decorator]
    def __init__(self, width: int = 48, blocks: int = 5) -> None:
        super().__init__()
        self.enter = nn.Conv2d(3, width, 3, padding=1)
        self.residual = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(width, width, 3, padding=1), nn.GELU("tanh"), nn.Conv2d(width, width, 3, padding=1)
            )
            for _ in range(blocks)
        )
        self.leave = nn.Conv2d(width, 12, 3, padding=1)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(cast(Tensor, self.leave.bias))

    def forward(self, pictures: Tensor) -> Tensor:
        """Return (B, 3, 2 H, 2 W) for pictures (B, 3, H, W), both in 0 to 1 and beyond where edges ring."""
        return self.enlarged(pictures, pictures.dtype)

    def enlarged(self, pictures: Tensor, dtype: torch.dtype) -> Tensor:
        """Return what ``forward`` does; its layers work in ``dtype``, the sum is exact."""
        x = self.enter((pictures - 0.5).to(dtype))
        for block in self.residual:
            x = x + block(x)
        lacking = nn.functional.pixel_shuffle(self.leave(x), 2)
        return bicubic(pictures) + lacking.to(pictures.dtype)


def bicubic(pictures: Tensor) -> Tensor:
    """Return pictures (B, 3, H, W) at twice their height and width."""
    return nn.functional.interpolate(pictures, scale_factor=2, mode="bicubic", align_corners=False)


@torch.inference_mode()
def psnr(made: Tensor, wanted: Tensor) -> float:
    """Return the peak signal-to-noise ratio in dB of pictures in 0 to 1."""
    return float(-10 * torch.log10((made.clamp(0, 1) - wanted).square().mean()))

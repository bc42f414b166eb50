"""Fusion of a decoder's last layers into one convolution."""

from typing import Any, Final, TypeGuard

import torch
from torch import Tensor, nn

_STRIP: Final = 2
"""Border of this many coarse pixels decides the outermost fine one."""


class FoldedTail(nn.Module):
    """Upsampling by two and two 3 x 3 convolutions without anything between them, as one convolution.

    Nothing in the tail is non-linear, so its parts multiply into one 5 x 5 kernel on the fine grid. A fine
    pixel sees at most 3 x 3 coarse ones, so that kernel is four 3 x 3 ones, one for each place of a fine
    pixel in its coarse one (the sub-pixel convolution of Shi et al. 2016). At the border, where the second
    convolution is padded anew, the parts themselves are run on thin strips.

    Takes float (B, C, h, w) and returns (B, 3, 2 h, 2 w) in the same dtype, equal up to rounding.
    """

    def __init__(self, upsample: nn.Upsample, first: nn.Conv2d, second: nn.Conv2d) -> None:
        super().__init__()
        self.parts = nn.Sequential(upsample, first, second)
        kernel = _subpixel_kernels(_composed(first.weight.detach().float(), second.weight.detach().float()))
        bias = torch.zeros(second.out_channels) if second.bias is None else second.bias.detach()
        self.fine = nn.Conv2d(first.in_channels, len(kernel), 3, padding=1)
        self.fine.load_state_dict({"weight": kernel, "bias": bias.repeat_interleave(4)})
        self.fine.to(second.weight)

    def forward(self, coarse: Tensor) -> Tensor:
        """Return the fine image, (B, 3, 2 h, 2 w), of coarse features (B, C, h, w)."""
        fine = torch.pixel_shuffle(self.fine(coarse), 2)
        fine[..., :1, :] = self.parts(coarse[..., :_STRIP, :])[..., :1, :]
        fine[..., -1:, :] = self.parts(coarse[..., -_STRIP:, :])[..., -1:, :]
        fine[..., :1] = self.parts(coarse[..., :_STRIP])[..., :1]
        fine[..., -1:] = self.parts(coarse[..., -_STRIP:])[..., -1:]
        return fine


def _composed(first: Tensor, second: Tensor) -> Tensor:
    """Return the (O, I, 5, 5) kernel of two (·, ·, 3, 3) ones applied after each other."""
    return nn.functional.conv2d(first.transpose(0, 1), second.flip(-1, -2), padding=2).transpose(0, 1)


def _subpixel_kernels(kernel: Tensor) -> Tensor:
    """Return (4 O, I, 3, 3): what an (O, I, 5, 5) kernel sees of nearest-upsampled pixels, place by place."""
    seen = torch.zeros(2, 3, 5)
    for place in range(2):
        for tap in range(-2, 3):
            seen[place, (place + tap) // 2 + 1, tap + 2] = 1.0
    kernels = torch.einsum("pya,qxb,oiab->opqiyx", seen, seen, kernel.cpu())
    return kernels.flatten(0, 2)


def fold_decoder(vae: Any) -> None:
    """Replace the linear tail of a tiny autoencoder's decoder by its folded form, where it has one."""
    layers = getattr(getattr(vae, "decoder", None), "layers", None)
    if not isinstance(layers, nn.Sequential) or len(layers) < 3:
        return
    *head, upsample, first, second = layers
    if _doubles(upsample) and _is_plain(first) and _is_plain(second) and first.bias is None:
        vae.decoder.layers = nn.Sequential(*head, FoldedTail(upsample, first, second))


def _doubles(layer: nn.Module) -> TypeGuard[nn.Upsample]:
    return isinstance(layer, nn.Upsample) and (layer.scale_factor, layer.mode) == (2.0, "nearest")


def _is_plain(layer: nn.Module) -> TypeGuard[nn.Conv2d]:
    return isinstance(layer, nn.Conv2d) and (layer.kernel_size, layer.padding) == ((3, 3), (1, 1))

"""oneDNN weight prepacking for inference on CPUs.

PyTorch calls oneDNN for bfloat16 products, and oneDNN reorders the weights at every call: small images
spend more time on that than on the product. Here it happens once, as in PyTorch's own compiler (whose
operators these are), and what GEGLU (Shazeer 2020) does after its product is done within it. glibc is told
to keep freed memory: by default every large tensor is fresh pages, each of which the kernel zeroes.
"""

import ctypes
import sys
from itertools import pairwise
from typing import Any, Final, TypeGuard

import torch
from torch import Tensor, nn

_POSITIONS: Final = 32
"""The weights' layout is chosen for images of this side, whatever the size: a resumed run must not choose
another one."""
_FAST_POSITIONS: Final = 1024
"""From this many positions on PyTorch normalises channels-last images by whole channels itself."""
_NARROW: Final = 16
"""Groups of this many channels and more are quick in PyTorch."""
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_KEPT_BYTES: Final = 2**30


class PackedLinear(nn.Linear):
    """A linear layer for inference: (..., in_features) to (..., out_features).

    Its ``weight`` is empty: it only tells the dtype.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None, activation: str = "none") -> None:
        nn.Module.__init__(self)
        self.out_features, self.in_features = weight.shape
        self.weight = _empty_like(weight)
        own_bias = None if bias is None else nn.Parameter(bias.detach().clone(), requires_grad=False)
        self.register_parameter("bias", own_bias)
        self.activation = activation
        self._packed = torch.ops.mkldnn._reorder_linear_weight(weight.detach().contiguous(), None)

    def forward(self, input: Tensor) -> Tensor:
        """Return (..., out_features): the product, plus the bias, through the activation."""
        algorithm = "none" if self.activation == "gelu" else ""
        operator = torch.ops.mkldnn._linear_pointwise
        product: Tensor = operator(input, self._packed, self.bias, self.activation, [], algorithm)
        return product

    def times(self, input: Tensor, factor: Tensor) -> Tensor:
        """Return (..., out_features): the product, plus the bias, times ``factor`` of that shape."""
        operator = torch.ops.mkldnn._linear_pointwise.binary
        product: Tensor = operator(input, factor, self._packed, self.bias, "mul")
        return product


class PackedGEGLU(nn.Module):
    """Of one linear layer's two halves the first, times the GELU of the second."""

    def __init__(self, proj: nn.Linear) -> None:
        super().__init__()
        value, gate = proj.weight.chunk(2)
        value_bias, gate_bias = (None, None) if proj.bias is None else proj.bias.chunk(2)
        self.value, self.gate = PackedLinear(value, value_bias), PackedLinear(gate, gate_bias, "gelu")

    def forward(self, hidden_states: Tensor) -> Tensor:
        """Return (..., features / 2) of (..., in_features), in the same dtype."""
        return self.value.times(hidden_states, self.gate(hidden_states))


class PackedConv2d(nn.Conv2d):
    """A convolution for inference: (B, C, H, W) to channels last. Its ``weight`` is empty."""

    activation: str = "none"
    """What follows the sum: "none" or "relu"."""

    def __init__(self, layer: nn.Conv2d) -> None:
        nn.Module.__init__(self)
        for name in ("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation"):
            setattr(self, name, getattr(layer, name))
        self.groups, self.padding_mode = layer.groups, layer.padding_mode
        self.weight, self.bias = _empty_like(layer.weight), layer.bias
        self._how: list[Any] = [list(layer.padding), list(layer.stride), list(layer.dilation), layer.groups]
        typical = [2, layer.in_channels, _POSITIONS, _POSITIONS]
        reorder: Any = torch._C._nn.mkldnn_reorder_conv2d_weight
        self._packed = reorder(layer.weight.detach().contiguous().to_mkldnn(), *self._how, typical)

    def forward(self, input: Tensor) -> Tensor:
        """Return the convolution (B, C', H', W') of (B, C, H, W), through the activation."""
        operator = torch.ops.mkldnn._convolution_pointwise
        convolved: Tensor = operator(input, self._packed, self.bias, *self._how, self.activation, [], "")
        return convolved


class ChannelsLastGroupNorm(nn.GroupNorm):
    """Group normalisation (Wu & He 2018) of small images with narrow groups, (B, C, H, W) channels last.

    PyTorch's own takes their values one by one; here whole channels are summed, in float32, and each becomes
    one product and one sum. Other images are left to PyTorch.
    """

    def __init__(self, layer: nn.GroupNorm) -> None:
        nn.Module.__init__(self)
        self.num_groups, self.num_channels = layer.num_groups, layer.num_channels
        self.eps, self.affine, self.weight, self.bias = layer.eps, layer.affine, layer.weight, layer.bias

    def forward(self, input: Tensor) -> Tensor:
        """Return (B, C, H, W): every group at mean 0 and variance 1, times the weight, plus the bias."""
        batch, channels, *sides = input.shape
        if len(sides) != 2 or sides[0] * sides[1] >= _FAST_POSITIONS:
            return super().forward(input)
        positions = input.permute(0, 2, 3, 1).reshape(batch, -1, channels)
        values = positions.float()
        mean = self._of_groups(values.mean(dim=1))
        variance = (self._of_groups(values.square_().mean(dim=1)) - mean.square()).clamp_min(0)
        scale = self.weight.float().view(self.num_groups, -1) * (variance + self.eps).rsqrt()
        shift = self.bias.float().view(self.num_groups, -1) - mean * scale
        scale, shift = (one.view(batch, 1, channels).to(input.dtype) for one in (scale, shift))
        normed = torch.addcmul(shift, positions, scale)
        return normed.view(batch, *sides, channels).permute(0, 3, 1, 2)

    def _of_groups(self, channels: Tensor) -> Tensor:
        """Return the means (B, G, 1) over the channels of each group, of (B, C)."""
        return channels.view(len(channels), self.num_groups, -1).mean(dim=2, keepdim=True)


def _empty_like(weight: Tensor) -> nn.Parameter:
    return nn.Parameter(weight.new_empty(0), requires_grad=False)


def pack(network: nn.Module) -> None:
    """Replace the layers of ``network``, on a CPU in bfloat16, by packed ones that give the same."""
    from diffusers.models.activations import GEGLU

    for parent in network.modules():
        layers = parent if isinstance(parent, nn.Sequential) and _is_whole(parent) else None
        for name, layer in parent.named_children():
            if isinstance(layer, GEGLU) and type(layer.proj) is nn.Linear:
                setattr(parent, name, PackedGEGLU(layer.proj))
            elif type(layer) is nn.Linear:
                setattr(parent, name, PackedLinear(layer.weight, layer.bias))
            elif _is_narrow(layer):
                setattr(parent, name, ChannelsLastGroupNorm(layer))
            elif _is_packable(layer):
                setattr(parent, name, PackedConv2d(layer))
        if layers is not None:
            _take_in_activations(layers)


def _is_whole(layers: nn.Module) -> bool:
    """Tell whether all weights are numbers: a kernel's ReLU makes 0 of NaN, and would hide a broken model."""
    return all(bool(torch.isfinite(weights).all()) for weights in layers.parameters())


def _take_in_activations(layers: nn.Sequential) -> None:
    """Have convolutions do the ReLUs that follow them."""
    for index, (layer, following) in enumerate(pairwise(list(layers)), start=1):
        if isinstance(layer, PackedConv2d) and type(following) is nn.ReLU:
            layer.activation = "relu"
            layers[index] = nn.Identity()


def _is_packable(layer: nn.Module) -> TypeGuard[nn.Conv2d]:
    return type(layer) is nn.Conv2d and layer.padding_mode == "zeros" and not isinstance(layer.padding, str)


def _is_narrow(layer: nn.Module) -> TypeGuard[nn.GroupNorm]:
    return type(layer) is nn.GroupNorm and layer.affine and layer.num_channels < _NARROW * layer.num_groups


def keep_freed_memory() -> None:
    """Let glibc reuse the memory of freed tensors; other C libraries are left as they are."""
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(_M_MMAP_THRESHOLD, _KEPT_BYTES)
            mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)

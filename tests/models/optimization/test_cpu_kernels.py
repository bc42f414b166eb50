"""Packed layers give what the layers they replace give."""

import pytest
import torch
from torch import nn

from framesmooth.models.devices import cpu_multiplies_bfloat16
from framesmooth.models.optimization.cpu_kernels import (
    ChannelsLastGroupNorm,
    PackedConv2d,
    PackedGEGLU,
    PackedLinear,
    pack,
)

pytestmark = pytest.mark.skipif(not cpu_multiplies_bfloat16(), reason="bfloat16 is emulated here")


def values(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).bfloat16()


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(3, 24), (2, 5, 24)])
def test_a_packed_linear_layer_gives_the_same(shape: tuple[int, ...], bias: bool) -> None:
    layer = nn.Linear(24, 40, bias=bias).bfloat16()
    with torch.inference_mode():
        torch.testing.assert_close(
            PackedLinear(layer.weight, layer.bias)(values(*shape)), layer(values(*shape))
        )


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(6, 10, 3, padding=1),
        nn.Conv2d(6, 10, 3, stride=2, padding=1, bias=False),
        nn.Conv2d(6, 12, 1, groups=2),
        nn.Conv2d(6, 10, 3, padding=2, dilation=2),
    ],
    ids=["same", "stride", "groups", "dilation"],
)
@pytest.mark.parametrize("size", [(32, 32), (9, 14)])
def test_a_packed_convolution_gives_the_same(layer: nn.Conv2d, size: tuple[int, int]) -> None:
    layer = layer.bfloat16()
    picture = values(3, 6, *size).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        torch.testing.assert_close(PackedConv2d(layer)(picture), layer(picture))


def test_a_convolution_does_the_relu_that_follows_it() -> None:
    layers = nn.Sequential(
        nn.Conv2d(6, 10, 3), nn.ReLU(), nn.Conv2d(10, 4, 3), nn.Tanh(), nn.ReLU()
    ).bfloat16()
    picture = values(2, 6, 20, 20).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        expected = layers(picture)
        pack(layers)
        torch.testing.assert_close(layers(picture), expected, atol=0.01, rtol=0.02)
    assert [type(layer) for layer in layers] == [PackedConv2d, nn.Identity, PackedConv2d, nn.Tanh, nn.ReLU]


def test_weights_that_are_no_numbers_are_not_hidden() -> None:
    convolution = nn.Conv2d(6, 10, 3)
    layers = nn.Sequential(convolution, nn.ReLU()).bfloat16()
    with torch.inference_mode():
        convolution.weight[0, 0, 0, 0] = torch.nan
        pack(layers)
        assert layers(values(2, 6, 20, 20)).isnan().any()


def test_a_packed_geglu_is_value_times_gelu_of_gate() -> None:
    proj = nn.Linear(16, 48).bfloat16()
    given = values(2, 7, 16)
    with torch.inference_mode():
        value, gate = nn.functional.linear(given.float(), proj.weight.float(), proj.bias.float()).chunk(2, -1)
        expected = value * nn.functional.gelu(gate)
        torch.testing.assert_close(PackedGEGLU(proj)(given).float(), expected, atol=0.01, rtol=0.02)


@pytest.mark.parametrize("size", [(8, 8), (16, 12), (32, 32)])
@pytest.mark.parametrize("offset", [0.0, 3.0])
def test_channels_last_group_norm_is_group_norm(size: tuple[int, int], offset: float) -> None:
    layer = nn.GroupNorm(8, 32)
    nn.init.normal_(layer.weight)
    nn.init.normal_(layer.bias)
    layer = layer.bfloat16()
    picture = (values(2, 32, *size) + offset).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        expected = nn.functional.group_norm(
            picture.float(), 8, layer.weight.float(), layer.bias.float(), layer.eps
        )
        normed = ChannelsLastGroupNorm(layer)(picture)
    assert normed.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(normed.float(), expected, atol=0.04 * (1 + offset), rtol=0.02)


def test_a_packed_network_draws_the_same_and_holds_no_weights_twice() -> None:
    from diffusers import UNet2DConditionModel

    torch.manual_seed(0)
    network = UNet2DConditionModel(
        sample_size=16,
        block_out_channels=(16, 32),
        norm_num_groups=8,
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=24,
        attention_head_dim=8,
    ).eval()
    network = network.to(torch.bfloat16, memory_format=torch.channels_last)
    given = values(2, 4, 16, 16), torch.tensor(400), values(2, 7, 24)
    before = sum(parameter.numel() for parameter in network.parameters())
    with torch.inference_mode():
        expected = network(*given).sample
        pack(network)
        torch.testing.assert_close(network(*given).sample, expected, atol=0.03, rtol=0.03)
    kinds = {type(layer) for layer in network.modules()}
    assert {PackedLinear, PackedConv2d, PackedGEGLU, ChannelsLastGroupNorm} <= kinds
    assert not {nn.Linear, nn.Conv2d, nn.GroupNorm} & kinds
    assert sum(parameter.numel() for parameter in network.parameters()) < 0.1 * before
    assert network.dtype == torch.bfloat16

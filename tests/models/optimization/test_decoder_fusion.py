"""The folded decoder gives what the decoder's own layers give."""

import pytest
import torch
from torch import nn

from framesmooth.models.optimization.decoder_fusion import FoldedTail, fold_decoder


@pytest.mark.parametrize("size", [(5, 8), (2, 3)])
def test_a_folded_tail_equals_its_parts_to_the_border(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    parts = nn.Upsample(scale_factor=2.0, mode="nearest"), nn.Conv2d(6, 7, 3, padding=1, bias=False)
    last = nn.Conv2d(7, 3, 3, padding=1)
    coarse = torch.randn(2, 6, *size)
    with torch.inference_mode():
        expected = last(parts[1](parts[0](coarse)))
        torch.testing.assert_close(FoldedTail(*parts, last)(coarse), expected, atol=1e-5, rtol=1e-4)


def test_a_tiny_decoder_is_folded_and_decodes_the_same() -> None:
    from diffusers import AutoencoderTiny

    torch.manual_seed(0)
    vae = AutoencoderTiny(
        encoder_block_out_channels=(8, 8),
        decoder_block_out_channels=(8, 8),
        num_encoder_blocks=(1, 1),
        num_decoder_blocks=(1, 0),
    ).eval()
    latents = torch.randn(1, 4, 6, 5)
    with torch.inference_mode():
        expected = vae.decode(latents).sample
        fold_decoder(vae)
        assert isinstance(vae.decoder.layers[-1], FoldedTail)
        torch.testing.assert_close(vae.decode(latents).sample, expected, atol=1e-5, rtol=1e-4)


def test_a_decoder_with_a_block_at_the_end_is_left_alone() -> None:
    from diffusers import AutoencoderTiny

    vae = AutoencoderTiny(
        encoder_block_out_channels=(8, 8),
        decoder_block_out_channels=(8, 8),
        num_encoder_blocks=(1, 1),
        num_decoder_blocks=(1, 1),
    )
    layers = vae.decoder.layers
    fold_decoder(vae)
    assert vae.decoder.layers is layers

"""Tiny, untrained pipelines of every known class, saved as folders: with all that they differ in."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.tiny_model import build_tokenizer

CHANNELS = 4
TEXT = 12


def _vae(**settings: Any) -> Any:
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        block_out_channels=(4, 4, 8),  # factor 4
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        latent_channels=CHANNELS,
        norm_num_groups=2,
        **settings,
    )


def _clip(tokenizer: Any, *, projected: bool = False) -> Any:
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=TEXT,
        intermediate_size=24,
        num_hidden_layers=3,
        num_attention_heads=2,
        max_position_embeddings=tokenizer.model_max_length,
        projection_dim=TEXT,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    return CLIPTextModelWithProjection(config) if projected else CLIPTextModel(config)


def _t5(width: int = TEXT) -> tuple[Any, Any]:
    """Return a T5 encoder and its tokenizer."""
    from transformers import T5Config, T5EncoderModel, T5TokenizerFast

    letters = [(letter, -3.0) for letter in "abcdefghijklmnopqrstuvwxyz"]
    special = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", -10.0), ("▁", -2.0)]
    tokenizer = T5TokenizerFast(vocab=[*special, *letters], extra_ids=0)
    config = T5Config(
        vocab_size=len(tokenizer), d_model=width, d_kv=6, d_ff=24, num_layers=1, num_heads=2, dropout_rate=0.0
    )
    return T5EncoderModel(config), tokenizer


def _unet(**settings: Any) -> Any:
    from diffusers import UNet2DConditionModel

    shape = {
        "sample_size": 16,
        "in_channels": CHANNELS,
        "out_channels": CHANNELS,
        "block_out_channels": (8, 16),
        "layers_per_block": 1,
        "cross_attention_dim": TEXT,
        "attention_head_dim": 4,
        "norm_num_groups": 4,
        "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
    }
    return UNet2DConditionModel(**(shape | settings))


_NOISE_SCHEDULE = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}


def stable_diffusion_2(folder: Path) -> Any:
    from diffusers import DDIMScheduler, StableDiffusionPipeline

    tokenizer = build_tokenizer(folder / "tokens")
    scheduler = DDIMScheduler(
        **_NOISE_SCHEDULE, prediction_type="v_prediction", clip_sample=False, steps_offset=1
    )
    return StableDiffusionPipeline(
        _vae(), _clip(tokenizer), tokenizer, _unet(), scheduler, None, None, requires_safety_checker=False
    )


def latent_consistency(folder: Path) -> Any:
    from diffusers import LatentConsistencyModelPipeline, LCMScheduler

    tokenizer = build_tokenizer(folder / "tokens")
    return LatentConsistencyModelPipeline(
        _vae(),
        _clip(tokenizer),
        tokenizer,
        _unet(time_cond_proj_dim=8),
        LCMScheduler(**_NOISE_SCHEDULE),
        None,
        None,
        requires_safety_checker=False,
    )


def stable_diffusion_xl(folder: Path) -> Any:
    from diffusers import EulerDiscreteScheduler, StableDiffusionXLPipeline

    tokenizers = [build_tokenizer(folder / name) for name in ("one", "two")]
    unet = _unet(
        cross_attention_dim=2 * TEXT,
        addition_embed_type="text_time",
        addition_time_embed_dim=4,
        projection_class_embeddings_input_dim=TEXT + 6 * 4,
    )
    return StableDiffusionXLPipeline(
        _vae(),
        _clip(tokenizers[0]),
        _clip(tokenizers[1], projected=True),
        *tokenizers,
        unet,
        EulerDiscreteScheduler(**_NOISE_SCHEDULE),
        add_watermarker=False,
    )


def stable_diffusion_3(folder: Path, *, shifting: bool = False) -> Any:
    from diffusers import FlowMatchEulerDiscreteScheduler, SD3Transformer2DModel, StableDiffusion3Pipeline

    tokenizers = [build_tokenizer(folder / name) for name in ("one", "two")]
    encoders = [_clip(tokenizer, projected=True) for tokenizer in tokenizers]
    t5, t5_tokenizer = _t5(2 * TEXT)
    transformer = SD3Transformer2DModel(
        sample_size=16,
        in_channels=CHANNELS,
        out_channels=CHANNELS,
        num_layers=2,
        attention_head_dim=8,
        num_attention_heads=2,
        joint_attention_dim=2 * TEXT,
        caption_projection_dim=16,
        pooled_projection_dim=2 * TEXT,
        pos_embed_max_size=24,
    )
    scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=shifting)
    return StableDiffusion3Pipeline(
        transformer,
        scheduler,
        _vae(shift_factor=0.06, scaling_factor=1.5),
        encoders[0],
        tokenizers[0],
        encoders[1],
        tokenizers[1],
        t5,
        t5_tokenizer,
    )


def stable_diffusion_3_without_t5(folder: Path) -> Any:
    from diffusers import StableDiffusion3Pipeline

    whole = stable_diffusion_3(folder)
    return StableDiffusion3Pipeline(**whole.components | {"text_encoder_3": None, "tokenizer_3": None})


def stable_diffusion_35(folder: Path) -> Any:
    return stable_diffusion_3(folder, shifting=True)


def _pixart_transformer(sample_size: int) -> Any:
    from diffusers import PixArtTransformer2DModel

    return PixArtTransformer2DModel(
        sample_size=sample_size,
        in_channels=CHANNELS,
        out_channels=2 * CHANNELS,
        num_layers=2,
        attention_head_dim=8,
        num_attention_heads=3,
        cross_attention_dim=24,
        caption_channels=TEXT,
    )


def pixart_alpha(folder: Path) -> Any:
    from diffusers import DPMSolverMultistepScheduler, PixArtAlphaPipeline

    encoder, tokenizer = _t5()
    scheduler = DPMSolverMultistepScheduler(**_NOISE_SCHEDULE)
    transformer = _pixart_transformer(128)  # of this size on, the picture's size is an input
    return PixArtAlphaPipeline(tokenizer, encoder, _vae(), transformer, scheduler)


def pixart_sigma(folder: Path) -> Any:
    from diffusers import HeunDiscreteScheduler, PixArtSigmaPipeline

    encoder, tokenizer = _t5()
    scheduler = HeunDiscreteScheduler(**_NOISE_SCHEDULE)
    return PixArtSigmaPipeline(tokenizer, encoder, _vae(), _pixart_transformer(16), scheduler)


def flux(folder: Path, *, guided: bool = True) -> Any:
    from diffusers import FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel

    tokenizer = build_tokenizer(folder / "one")
    t5, t5_tokenizer = _t5()
    transformer = FluxTransformer2DModel(
        in_channels=4 * CHANNELS,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=8,
        num_attention_heads=2,
        joint_attention_dim=TEXT,
        pooled_projection_dim=TEXT,
        guidance_embeds=guided,
        axes_dims_rope=(2, 2, 4),
    )
    scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=guided)
    vae = _vae(shift_factor=0.1, scaling_factor=0.4)
    return FluxPipeline(scheduler, vae, _clip(tokenizer), tokenizer, t5, t5_tokenizer, transformer)


def flux_schnell(folder: Path) -> Any:
    return flux(folder, guided=False)


FAMILIES: dict[str, Callable[[Path], Any]] = {
    maker.__name__: maker
    for maker in (
        stable_diffusion_2,
        latent_consistency,
        stable_diffusion_xl,
        stable_diffusion_3,
        stable_diffusion_3_without_t5,
        stable_diffusion_35,
        pixart_alpha,
        pixart_sigma,
        flux,
        flux_schnell,
    )
}


def shaken(network: Any, deviation: float = 0.05) -> None:
    """Fill the weights that start as zeros, which would hide what they are fed."""
    import torch

    for weights in network.parameters():
        if not weights.any():
            torch.nn.init.normal_(weights, std=deviation)


def build_tiny_family(name: str, folder: Path) -> Path:
    """Save the tiny pipeline called ``name``, a key of FAMILIES, and return its folder."""
    import torch

    torch.manual_seed(0)
    pipe = FAMILIES[name](folder / "parts")
    for component in pipe.components.values():
        if isinstance(component, torch.nn.Module):
            shaken(component)
    pipe.save_pretrained(folder / name, safe_serialization=True)
    return folder / name

"""Tiny, untrained video pipelines of every known class, saved as folders."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.tiny_families import _clip, _t5, _vae, shaken
from tests.tiny_model import build_tokenizer

TEXT = 12
_NOISE_SCHEDULE = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}


def text_to_video_sd(folder: Path) -> Any:
    from diffusers import DDIMScheduler, TextToVideoSDPipeline, UNet3DConditionModel

    tokenizer = build_tokenizer(folder / "tokens")
    unet = UNet3DConditionModel(
        sample_size=8,
        block_out_channels=(4, 8),
        layers_per_block=1,
        cross_attention_dim=TEXT,
        attention_head_dim=4,
        norm_num_groups=2,
        down_block_types=("CrossAttnDownBlock3D", "DownBlock3D"),
        up_block_types=("UpBlock3D", "CrossAttnUpBlock3D"),
    )
    return TextToVideoSDPipeline(
        _vae(), _clip(tokenizer), tokenizer, unet, DDIMScheduler(**_NOISE_SCHEDULE, clip_sample=False)
    )


def motion_adapter(*, most: int = 32) -> Any:
    """Return a motion adapter for the UNets of ``tests.tiny_families``."""
    from diffusers import MotionAdapter

    return MotionAdapter(
        block_out_channels=(8, 16),
        motion_layers_per_block=1,
        motion_norm_num_groups=4,
        motion_num_attention_heads=2,
        use_motion_mid_block=False,
        motion_max_seq_length=most,
    )


def animatediff(folder: Path) -> Any:
    from diffusers import AnimateDiffPipeline, DDIMScheduler

    from tests.tiny_families import _unet

    tokenizer = build_tokenizer(folder / "tokens")
    scheduler = DDIMScheduler(beta_schedule="linear", clip_sample=False)
    return AnimateDiffPipeline(_vae(), _clip(tokenizer), tokenizer, _unet(), motion_adapter(), scheduler)


def animatediff_xl(folder: Path) -> Any:
    from diffusers import AnimateDiffSDXLPipeline, DDIMScheduler

    from tests.tiny_families import stable_diffusion_xl

    parts = stable_diffusion_xl(folder).components | {"scheduler": DDIMScheduler(clip_sample=False)}
    return AnimateDiffSDXLPipeline(**parts, motion_adapter=motion_adapter(most=20))


def _cogvideox(kind: str, channels: int) -> Any:
    import diffusers

    encoder, tokenizer = _t5()
    vae = diffusers.AutoencoderKLCogVideoX(
        down_block_types=("CogVideoXDownBlock3D",) * 4,
        up_block_types=("CogVideoXUpBlock3D",) * 4,
        block_out_channels=(2, 2, 2, 2),
        latent_channels=4,
        layers_per_block=1,
        norm_num_groups=2,
        temporal_compression_ratio=4,
        sample_height=480,  # tiles are half as large
        sample_width=480,
    )
    transformer = diffusers.CogVideoXTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=8,
        in_channels=channels,
        out_channels=4,
        time_embed_dim=2,
        text_embed_dim=TEXT,
        num_layers=1,
        sample_width=2,
        sample_height=2,
        sample_frames=9,
        max_text_seq_length=226,
    )
    return getattr(diffusers, kind)(tokenizer, encoder, vae, transformer, diffusers.CogVideoXDDIMScheduler())


def cogvideox(_folder: Path) -> Any:
    return _cogvideox("CogVideoXPipeline", 4)


def cogvideox_image(_folder: Path) -> Any:
    return _cogvideox("CogVideoXImageToVideoPipeline", 8)


def ltx(_folder: Path) -> Any:
    from diffusers import (
        AutoencoderKLLTXVideo,
        FlowMatchEulerDiscreteScheduler,
        LTXPipeline,
        LTXVideoTransformer3DModel,
    )

    encoder, tokenizer = _t5()
    vae = AutoencoderKLLTXVideo(
        latent_channels=8,
        block_out_channels=(8, 8, 8, 8),
        decoder_block_out_channels=(8, 8, 8, 8),
        layers_per_block=(1, 1, 1, 1, 1),
        decoder_layers_per_block=(1, 1, 1, 1, 1),
        patch_size=4,
    )
    transformer = LTXVideoTransformer3DModel(
        in_channels=8,
        out_channels=8,
        num_attention_heads=2,
        attention_head_dim=8,
        cross_attention_dim=16,
        num_layers=1,
        caption_channels=TEXT,
    )
    return LTXPipeline(FlowMatchEulerDiscreteScheduler(), vae, encoder, tokenizer, transformer)


def _wan_parts(channels: int, **settings: Any) -> dict[str, Any]:
    from diffusers import AutoencoderKLWan, UniPCMultistepScheduler, WanTransformer3DModel
    from transformers import UMT5Config, UMT5EncoderModel

    _, tokenizer = _t5()
    config = UMT5Config(
        vocab_size=len(tokenizer), d_model=TEXT, d_kv=6, d_ff=24, num_layers=1, num_heads=2, dropout_rate=0.0
    )
    vae = AutoencoderKLWan(
        base_dim=3, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True]
    )
    transformer = WanTransformer3DModel(
        patch_size=(1, 2, 2),
        num_attention_heads=2,
        attention_head_dim=12,
        in_channels=channels,
        out_channels=16,
        text_dim=TEXT,
        freq_dim=16,
        ffn_dim=16,
        num_layers=1,
        rope_max_seq_len=32,
        **settings,
    )
    scheduler = UniPCMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0
    )
    return {
        "tokenizer": tokenizer,
        "text_encoder": UMT5EncoderModel(config),
        "vae": vae,
        "transformer": transformer,
        "scheduler": scheduler,
    }


def wan(_folder: Path) -> Any:
    from diffusers import WanPipeline

    return WanPipeline(**_wan_parts(16))


def wan_pair(_folder: Path) -> Any:
    """Two transformers, for high noise and for low, as Wan 2.2 has them."""
    from diffusers import WanPipeline

    parts, low = _wan_parts(16), _wan_parts(16)["transformer"]
    return WanPipeline(**parts, transformer_2=low, boundary_ratio=0.875)


def wan_small(_folder: Path) -> Any:
    """The smaller model of Wan 2.2: a timestep for each token, so that the first frame may be given."""
    from diffusers import WanPipeline

    return WanPipeline(**_wan_parts(16), expand_timesteps=True)


def wan_image(_folder: Path) -> Any:
    """An image-to-video model as Wan 2.2 has it: without an image encoder."""
    from diffusers import WanImageToVideoPipeline

    return WanImageToVideoPipeline(**_wan_parts(36), image_processor=None, image_encoder=None)


def stable_video_diffusion(_folder: Path) -> Any:
    from diffusers import (
        AutoencoderKLTemporalDecoder,
        EulerDiscreteScheduler,
        StableVideoDiffusionPipeline,
        UNetSpatioTemporalConditionModel,
    )
    from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModelWithProjection

    unet = UNetSpatioTemporalConditionModel(
        block_out_channels=(32, 64),
        layers_per_block=1,
        sample_size=8,
        in_channels=8,
        out_channels=4,
        down_block_types=("CrossAttnDownBlockSpatioTemporal", "DownBlockSpatioTemporal"),
        up_block_types=("UpBlockSpatioTemporal", "CrossAttnUpBlockSpatioTemporal"),
        cross_attention_dim=16,
        num_attention_heads=8,
        projection_class_embeddings_input_dim=24,
        addition_time_embed_dim=8,
        num_frames=6,
    )
    scheduler = EulerDiscreteScheduler(
        **_NOISE_SCHEDULE,
        prediction_type="v_prediction",
        timestep_spacing="leading",
        timestep_type="continuous",
        use_karras_sigmas=True,
        sigma_max=700.0,
        sigma_min=0.002,
        steps_offset=1,
    )
    vae = AutoencoderKLTemporalDecoder(
        block_out_channels=(32, 32, 32),
        down_block_types=("DownEncoderBlock2D",) * 3,
        latent_channels=4,
    )
    encoder = CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            hidden_size=16,
            projection_dim=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            image_size=224,  # a fixed number of the pipeline
            intermediate_size=16,
            patch_size=112,
        )
    )
    return StableVideoDiffusionPipeline(vae, encoder, unet, scheduler, CLIPImageProcessor())


def hunyuan_video(folder: Path) -> Any:
    from diffusers import (
        AutoencoderKLHunyuanVideo,
        FlowMatchEulerDiscreteScheduler,
        HunyuanVideoPipeline,
        HunyuanVideoTransformer3DModel,
    )
    from transformers import LlamaConfig, LlamaModel

    tokenizer, words = build_tokenizer(folder / "tokens"), build_tokenizer(folder / "words")
    tokenizer.model_max_length = 77  # a fixed number of the pipeline
    words.add_special_tokens({"pad_token": words.eos_token})
    llama = LlamaModel(
        LlamaConfig(
            vocab_size=len(words),
            hidden_size=16,
            intermediate_size=24,
            num_hidden_layers=4,
            num_attention_heads=2,
            max_position_embeddings=512,
        )
    )
    vae = AutoencoderKLHunyuanVideo(
        latent_channels=4,
        down_block_types=("HunyuanVideoDownBlock3D",) * 4,
        up_block_types=("HunyuanVideoUpBlock3D",) * 4,
        block_out_channels=(4, 4, 4, 4),
        layers_per_block=1,
        norm_num_groups=4,
        mid_block_add_attention=False,
    )
    transformer = HunyuanVideoTransformer3DModel(
        in_channels=4,
        out_channels=4,
        num_attention_heads=2,
        attention_head_dim=10,
        num_layers=1,
        num_single_layers=1,
        num_refiner_layers=1,
        patch_size=2,
        patch_size_t=1,
        guidance_embeds=True,
        text_embed_dim=16,
        pooled_projection_dim=TEXT,
        rope_axes_dim=(2, 4, 4),
    )
    scheduler = FlowMatchEulerDiscreteScheduler(shift=7.0)
    return HunyuanVideoPipeline(llama, words, transformer, vae, scheduler, _clip(tokenizer), tokenizer)


def mochi(_folder: Path) -> Any:
    from diffusers import (
        AutoencoderKLMochi,
        FlowMatchEulerDiscreteScheduler,
        MochiPipeline,
        MochiTransformer3DModel,
    )

    encoder, tokenizer = _t5(16)
    vae = AutoencoderKLMochi(
        latent_channels=12,
        encoder_block_out_channels=(32, 32, 32, 32),
        decoder_block_out_channels=(32, 32, 32, 32),
        layers_per_block=(1, 1, 1, 1, 1),
        temporal_expansions=(1, 2, 3),
        spatial_expansions=(2, 2, 2),
        latents_mean=[0.0] * 12,
        latents_std=[1.0] * 12,
    )
    transformer = MochiTransformer3DModel(
        patch_size=2,
        num_attention_heads=2,
        attention_head_dim=8,
        num_layers=2,
        pooled_projection_dim=16,
        in_channels=12,
        out_channels=None,
        qk_norm="rms_norm",
        text_embed_dim=16,
        time_embed_dim=4,
        activation_fn="swiglu",
        max_sequence_length=16,
    )
    return MochiPipeline(FlowMatchEulerDiscreteScheduler(), vae, encoder, tokenizer, transformer)


VIDEO_FAMILIES: dict[str, Callable[[Path], Any]] = {
    maker.__name__: maker
    for maker in (
        text_to_video_sd,
        animatediff,
        animatediff_xl,
        cogvideox,
        cogvideox_image,
        ltx,
        wan,
        wan_image,
        stable_video_diffusion,
        hunyuan_video,
        mochi,
    )
}

VARIANTS: dict[str, Callable[[Path], Any]] = {"wan_pair": wan_pair, "wan_small": wan_small}
"""Models of a family whose own files say that they are different."""


def build_tiny_video_family(name: str, folder: Path) -> Path:
    """Save the tiny pipeline called ``name``, of VIDEO_FAMILIES or VARIANTS, and return its folder."""
    import torch

    torch.manual_seed(0)
    pipe = (VIDEO_FAMILIES | VARIANTS)[name](folder / f"{name}-parts")
    for component in pipe.components.values():
        if isinstance(component, torch.nn.Module):
            shaken(component)
    pipe.save_pretrained(folder / name, safe_serialization=True)
    return folder / name


def save_lora(model: Path, path: Path) -> Path:
    """Save a LoRA for the UNet of a tiny AnimateDiff pipeline."""
    import torch
    from diffusers import UNetMotionModel
    from safetensors.torch import save_file

    torch.manual_seed(1)
    unet, layers = UNetMotionModel.from_pretrained(model / "unet"), {}
    for name, layer in unet.named_modules():
        if name.endswith(("attn2.to_q", "attn2.to_v")) and "motion" not in name:
            layers[f"unet.{name}.lora_A.weight"] = torch.randn(2, layer.in_features)
            layers[f"unet.{name}.lora_B.weight"] = torch.randn(layer.out_features, 2)
    save_file(layers, str(path))
    return path

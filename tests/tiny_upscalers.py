"""Upscalers of the true classes with few, random weights: a Compact network, two pipelines of diffusers."""

from pathlib import Path

from tests.tiny_model import build_text_encoder, build_tokenizer


def build_compact(file: Path, scale: int = 2) -> Path:
    """Save an SRVGGNetCompact, as Real-ESRGAN's animevideo network is, as safetensors."""
    import torch
    from safetensors.torch import save_file
    from torch import nn

    torch.manual_seed(0)
    body = nn.Sequential(
        nn.Conv2d(3, 8, 3, 1, 1), nn.PReLU(8), nn.Conv2d(8, 8, 3, 1, 1), nn.PReLU(8),
        nn.Conv2d(8, 3 * scale**2, 3, 1, 1),
    )  # fmt: skip
    save_file({f"body.{name}": value * 0.1 for name, value in body.state_dict().items()}, file)
    return file


def build_upscaling_pipeline(folder: Path, kind: str) -> Path:
    """Save a StableDiffusionUpscalePipeline, or a StableDiffusionLatentUpscalePipeline."""
    import diffusers
    import torch

    torch.manual_seed(0)
    latent = kind == "StableDiffusionLatentUpscalePipeline"
    tokenizer = build_tokenizer(folder / "tokenizer-source")
    factors = 4 if latent else 3
    vae = diffusers.AutoencoderKL(
        block_out_channels=(8,) * factors,
        down_block_types=("DownEncoderBlock2D",) * factors,
        up_block_types=("UpDecoderBlock2D",) * factors,
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=4,
    )
    text_encoder = build_text_encoder(tokenizer)
    unet = diffusers.UNet2DConditionModel(
        in_channels=8 if latent else 7,
        out_channels=5 if latent else 4,
        block_out_channels=(8, 16),
        layers_per_block=1,
        cross_attention_dim=12,
        attention_head_dim=4,
        norm_num_groups=4,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        **(
            {"time_cond_proj_dim": 128 + 12}
            if latent
            else {"class_embed_type": None, "num_class_embeds": 1000}
        ),
    )
    parts = {"vae": vae, "text_encoder": text_encoder, "tokenizer": tokenizer, "unet": unet}
    if latent:
        scheduler = diffusers.EulerDiscreteScheduler(prediction_type="sample")
        pipe = diffusers.StableDiffusionLatentUpscalePipeline(**parts, scheduler=scheduler)
    else:
        pipe = diffusers.StableDiffusionUpscalePipeline(
            **parts,
            low_res_scheduler=diffusers.DDPMScheduler(),
            scheduler=diffusers.DDIMScheduler(prediction_type="v_prediction"),
            max_noise_level=350,
        )
    pipe.save_pretrained(folder, safe_serialization=True)
    return folder

"""A complete but tiny and untrained StableDiffusionPipeline folder: a real pipeline in a few milliseconds."""

import json
from pathlib import Path
from typing import Any

WORDS = ["a", "cat", "lion", "on", "the", "beach", "at", "sunset", "red", "blue", "castle", "sea", "blurry"]


def build_tiny_model(folder: Path) -> Path:
    """Save a pipeline of unusual sizes: 6 latent channels, factor 4, 16 tokens: not the usual 4, 8, 77."""
    import torch
    from diffusers import (
        AutoencoderTiny,
        DPMSolverMultistepScheduler,
        StableDiffusionPipeline,
        UNet2DConditionModel,
    )

    torch.manual_seed(0)
    tokenizer = build_tokenizer(folder / "tokenizer-source")
    unet = UNet2DConditionModel(
        sample_size=16,
        in_channels=6,
        out_channels=6,
        block_out_channels=(8, 16),
        layers_per_block=1,
        cross_attention_dim=12,
        attention_head_dim=4,
        norm_num_groups=4,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
    )
    vae = AutoencoderTiny(
        encoder_block_out_channels=(8, 8, 8),
        decoder_block_out_channels=(8, 8, 8),
        num_encoder_blocks=(1, 1, 1),
        num_decoder_blocks=(1, 1, 1),
        latent_channels=6,
    )
    text_encoder = build_text_encoder(tokenizer)
    scheduler = DPMSolverMultistepScheduler(
        beta_schedule="scaled_linear",
        beta_start=0.00085,
        beta_end=0.012,
        timestep_spacing="trailing",
        steps_offset=1,
    )
    pipe = StableDiffusionPipeline(
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        unet=unet,
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    model = folder / "tiny"
    pipe.save_pretrained(model, safe_serialization=True)
    (model / "vocabulary.json").write_text(json.dumps({"words": WORDS}))
    (model / "framesmooth.json").write_text(
        json.dumps({"about": "nothing: untrained", "license": "Apache-2.0", "defaults": {"steps": 4}})
    )
    return model


def build_tokenizer(folder: Path):  # type: ignore[no-untyped-def]
    """Return a CLIPTokenizer whose vocabulary is single letters and the words above."""
    from transformers import CLIPTokenizer

    folder.mkdir(parents=True)
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    tokens = ["<|startoftext|>", "<|endoftext|>", *letters, *(f"{letter}</w>" for letter in letters)]
    (folder / "vocab.json").write_text(json.dumps({token: index for index, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=16)


def build_text_encoder(tokenizer: Any) -> Any:
    """Return a CLIPTextModel of one layer for a tokenizer, with random weights."""
    from transformers import CLIPTextConfig, CLIPTextModel

    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=12,
            intermediate_size=24,
            num_hidden_layers=1,
            num_attention_heads=2,
            max_position_embeddings=16,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
        )
    )

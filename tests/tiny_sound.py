"""Tiny models that make sound, with random weights, as folders: MusicGen, Stable Audio and VITS."""

import json
from pathlib import Path
from typing import Any

import torch


def _tokenizer(folder: Path, model_length: int = 32) -> None:
    """Write a tokenizer that knows letters."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = ["<pad>", "</s>", "<unk>", *"abcdefghijklmnopqrstuvwxyz "]
    inner = Tokenizer(
        models.WordLevel({letter: index for index, letter in enumerate(letters)}, unk_token="<unk>")
    )
    inner.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    fast = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=model_length,
    )
    fast.save_pretrained(folder)


def _t5(**changes: int) -> Any:
    from transformers import T5Config

    sizes = {"vocab_size": 32, "d_model": 16, "d_ff": 16, "d_kv": 8, "num_heads": 2, "num_layers": 1}
    return T5Config(**sizes | changes)


def build_musicgen(folder: Path) -> Path:
    """Write a MusicGen of 400 samples a token at 16 kHz."""
    from transformers import (
        EncodecConfig,
        MusicgenConfig,
        MusicgenDecoderConfig,
        MusicgenForConditionalGeneration,
    )

    torch.manual_seed(0)
    coder = EncodecConfig(
        sampling_rate=16_000,
        audio_channels=1,
        num_filters=2,
        num_residual_layers=1,
        upsampling_ratios=[10, 8, 5],
        codebook_size=16,
        codebook_dim=8,
        hidden_size=8,
        num_lstm_layers=1,
        target_bandwidths=[0.32],
    )
    decoder = MusicgenDecoderConfig(
        vocab_size=16,
        hidden_size=16,
        ffn_dim=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_codebooks=2,
        max_position_embeddings=2048,
        pad_token_id=16,
        bos_token_id=16,
    )
    config = MusicgenConfig(
        text_encoder=_t5().to_dict(), audio_encoder=coder.to_dict(), decoder=decoder.to_dict()
    )
    model = MusicgenForConditionalGeneration(config)
    for layer in model.audio_encoder.quantizer.layers:
        layer.codebook.embed.data.normal_()
    model.generation_config.decoder_start_token_id = 16
    model.generation_config.pad_token_id = 16
    model.generation_config.bos_token_id = 16
    model.save_pretrained(folder)
    _tokenizer(folder)
    return folder


def build_vits(folder: Path) -> Path:
    """Write a VITS that knows the letters of English."""
    from transformers import VitsConfig, VitsModel, VitsTokenizer

    torch.manual_seed(0)
    config = VitsConfig(
        vocab_size=40,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        ffn_dim=16,
        flow_size=16,
        spectrogram_bins=9,
        upsample_initial_channel=16,
        upsample_rates=[8, 8],
        upsample_kernel_sizes=[16, 16],
        resblock_kernel_sizes=[3],
        resblock_dilation_sizes=[[1]],
        prior_encoder_num_flows=1,
        posterior_encoder_num_wavenet_layers=1,
        prior_encoder_num_wavenet_layers=1,
        depth_separable_num_layers=1,
        duration_predictor_flow_bins=4,
        duration_predictor_num_flows=2,
        duration_predictor_filter_channels=16,
        sampling_rate=16_000,
    )
    VitsModel(config).save_pretrained(folder)
    words = {letter: index for index, letter in enumerate(["<pad>", *"abcdefghijklmnopqrstuvwxyz '-_"])}
    (folder / "vocab.json").write_text(json.dumps(words))
    VitsTokenizer(
        str(folder / "vocab.json"), phonemize=False, is_uroman=False, pad_token="<pad>"
    ).save_pretrained(folder)
    return folder


def build_stable_audio(folder: Path) -> Path:
    """Write a Stable Audio pipeline of 16 kHz."""
    from diffusers import (
        AutoencoderOobleck,
        EDMDPMSolverMultistepScheduler,
        StableAudioDiTModel,
        StableAudioPipeline,
        StableAudioProjectionModel,
    )
    from transformers import T5EncoderModel

    torch.manual_seed(0)
    text = folder / "tokenizer_source"
    _tokenizer(text)
    from transformers import AutoTokenizer

    vae = AutoencoderOobleck(
        encoder_hidden_size=6,
        downsampling_ratios=[8, 8],
        decoder_channels=3,
        decoder_input_channels=3,
        audio_channels=2,
        channel_multiples=[2, 4],
        sampling_rate=16_000,
    )
    transformer = StableAudioDiTModel(
        sample_size=512,
        in_channels=3,
        num_layers=1,
        attention_head_dim=8,
        num_key_value_attention_heads=2,
        out_channels=3,
        cross_attention_dim=16,
        time_proj_dim=8,
        global_states_input_dim=32,
        cross_attention_input_dim=16,
        num_attention_heads=2,
    )
    pipeline = StableAudioPipeline(
        vae=vae,
        text_encoder=T5EncoderModel(_t5()),
        projection_model=StableAudioProjectionModel(
            text_encoder_dim=16, conditioning_dim=16, min_value=0, max_value=32
        ),
        tokenizer=AutoTokenizer.from_pretrained(text),
        transformer=transformer,
        scheduler=EDMDPMSolverMultistepScheduler(
            solver_order=2, prediction_type="v_prediction", sigma_data=1.0
        ),
    )
    pipeline.save_pretrained(folder)
    return folder

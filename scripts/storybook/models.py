"""The networks of ``storybook``: small enough for two CPU cores to train and for 40 MB to hold."""

import json
from collections.abc import Iterable

from diffusers import (
    AutoencoderTiny,
    DPMSolverMultistepScheduler,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

LATENT_CHANNELS = 8
TEXT_WIDTH = 192
TEXT_LENGTH = 40
TRAIN_STEPS = 1000


def autoencoder() -> AutoencoderTiny:
    """Factor 8, 8 latent channels, no norms, no blocks at full resolution, where a CPU would spend its time.

    Blocks start as the identity and the convolutions between them as copies (Dirac): without norms that is
    worth several times the training.
    """
    model = AutoencoderTiny(
        encoder_block_out_channels=(64,) * 4,
        decoder_block_out_channels=(64,) * 4,
        num_encoder_blocks=(0, 1, 3, 3),
        num_decoder_blocks=(3, 3, 1, 0),
        latent_channels=LATENT_CHANNELS,
    )
    for name, layer in model.named_modules():
        if isinstance(layer, nn.Conv2d):
            if layer.in_channels == layer.out_channels and ".conv." not in name:
                nn.init.dirac_(layer.weight)
            elif name.endswith("conv.4"):
                nn.init.zeros_(layer.weight)
            else:
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return model


def unet() -> UNet2DConditionModel:
    """Three levels (32×32, 16×16 and 8×8 latents at 256²).

    Attention, to the picture and to the text, works on the two lower levels, where it is cheap. The text
    reaches all levels pooled, with the time, as a scale and shift of every block's norm: a small network
    learns that way of listening much sooner than it learns to attend.
    """
    return UNet2DConditionModel(
        sample_size=32,
        in_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        block_out_channels=(64, 128, 256),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=TEXT_WIDTH,
        addition_embed_type="text",
        addition_embed_type_num_heads=4,
        resnet_time_scale_shift="scale_shift",
        attention_head_dim=(2, 4, 8),
        use_linear_projection=True,
        norm_num_groups=32,
    )


def grown(start: UNet2DConditionModel) -> UNet2DConditionModel:
    """A new :func:`unet` with a finished one's weights; attention that it lacks begins as the identity.

    Raises:
        ValueError: if the other is no smaller version of today's network.
    """
    net = unet()
    mine, given = net.state_dict(), start.state_dict()
    new = mine.keys() - given.keys()
    strange = [name for name, weight in given.items() if name not in mine or mine[name].shape != weight.shape]
    strange += [name for name in new if ".attentions." not in name]
    if strange:
        raise ValueError(f"the UNet to start from differs in {len(strange)} weights, as {strange[0]}")
    net.load_state_dict(given, strict=False)
    for name in {name.partition(".transformer_blocks.")[0] for name in new if ".transformer_blocks." in name}:
        last = net.get_submodule(name).proj_out
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
    return net


def tokenizer(captions: Iterable[str]) -> CLIPTokenizer:
    """A CLIP tokenizer whose merges make one token of every word that the captions use."""
    bpe = Tokenizer(models.BPE(unk_token="<|endoftext|>", end_of_word_suffix="</w>"))
    bpe.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(
                Regex(r"""'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"""),
                "removed",
                invert=True,
            ),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=4000,
        min_frequency=2,
        end_of_word_suffix="</w>",
        show_progress=False,
        special_tokens=["<|startoftext|>", "<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    bpe.train_from_iterator(captions, trainer)
    return _as_clip(bpe)


def _as_clip(bpe: Tokenizer) -> CLIPTokenizer:
    model = json.loads(bpe.to_str())["model"]
    merges = [tuple(m) if isinstance(m, list) else tuple(m.split(" ")) for m in model["merges"]]
    return CLIPTokenizer(vocab=model["vocab"], merges=merges, model_max_length=TEXT_LENGTH)


def text_encoder(vocabulary: int, eos: int, bos: int) -> CLIPTextModel:
    """A three-layer CLIP text model."""
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=vocabulary,
            hidden_size=TEXT_WIDTH,
            intermediate_size=2 * TEXT_WIDTH,
            projection_dim=TEXT_WIDTH,
            num_hidden_layers=3,
            num_attention_heads=6,
            max_position_embeddings=TEXT_LENGTH,
            eos_token_id=eos,
            bos_token_id=bos,
            pad_token_id=eos,
            hidden_act="quick_gelu",
        )
    )


def scheduler() -> DPMSolverMultistepScheduler:
    """v-prediction on a cosine schedule; trailing spacing, as few steps need."""
    return DPMSolverMultistepScheduler(
        num_train_timesteps=TRAIN_STEPS,
        beta_schedule="squaredcos_cap_v2",
        prediction_type="v_prediction",
        timestep_spacing="trailing",
        algorithm_type="dpmsolver++",
        steps_offset=1,
    )


def pipeline(
    vae: AutoencoderTiny, text: CLIPTextModel, words: CLIPTokenizer, net: UNet2DConditionModel
) -> StableDiffusionPipeline:
    """Binds the parts into an ordinary Stable Diffusion pipeline."""
    return StableDiffusionPipeline(
        vae=vae,
        text_encoder=text,
        tokenizer=words,
        unet=net,
        scheduler=scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )

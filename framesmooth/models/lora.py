"""Loading LoRAs and textual inversions into a pipeline."""

from collections.abc import Sequence
from typing import Any

from safetensors import SafetensorError
from torch import Tensor

from framesmooth.errors import ModelError
from framesmooth.models.lora_spec import Lora, TextualInversion

_MISFITS = (
    RuntimeError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    NotImplementedError,
    SafetensorError,
)


def add_loras(pipe: Any, loras: Sequence[Lora], model: str) -> None:
    """Add LoRAs to the weights of ``pipe``, each by its weight: images then take no longer than without.

    Raises:
        ModelError: a pipeline that takes none, or a LoRA made for another base.
    """
    if not loras:
        return
    if not hasattr(pipe, "load_lora_weights"):
        raise ModelError(f"{model} is a {type(pipe).__name__}, for which there are no LoRAs: drop --lora")
    names = [f"lora_{index}" for index in range(len(loras))]
    for name, lora in zip(names, loras, strict=True):
        try:
            pipe.load_lora_weights(
                lora.path.parent, weight_name=lora.path.name, adapter_name=name, local_files_only=True
            )
        except _MISFITS as error:
            raise ModelError(_misfit(lora, model, _reason(error))) from error
        if not any(name in held for held in pipe.get_list_adapters().values()):
            raise ModelError(_misfit(lora, model, "none of its layers is there"))
    try:
        pipe.set_adapters(names, [lora.weight for lora in loras])
        parts = [part for part in pipe._lora_loadable_modules if getattr(pipe, part, None) is not None]
        pipe.fuse_lora(components=parts, adapter_names=names, safe_fusing=True)
    except _MISFITS as error:
        raise ModelError(f"the LoRAs cannot be added to {model}: {_reason(error)}") from error
    pipe.unload_lora_weights()


def add_textual_inversions(pipe: Any, inversions: Sequence[TextualInversion], model: str) -> None:
    """Add textual inversions to the tokenizers and text encoders of ``pipe``.

    Raises:
        ModelError: a pipeline that takes none, or a word made for another text encoder.
    """
    if inversions and not hasattr(pipe, "load_textual_inversion"):
        kind = type(pipe).__name__
        raise ModelError(
            f"{model} is a {kind}, which does not support textual inversion: drop --textual-inversion"
        )
    for inversion in inversions:
        for part, token, vectors in _vectors(inversion):
            suffix = "_2" if part == "clip_g" else ""
            encoder = getattr(pipe, f"text_encoder{suffix}", None)
            tokenizer = getattr(pipe, f"tokenizer{suffix}", None)
            width = 0 if encoder is None else int(encoder.get_input_embeddings().weight.shape[1])
            if vectors.shape[-1] != width:
                found = f"vectors of {vectors.shape[-1]} numbers, {model} of {width}"
                raise ModelError(f"{inversion.path.name} holds {found}: it was made for another base")
            try:
                pipe.load_textual_inversion({token: vectors}, token, tokenizer, encoder)
            except _MISFITS as error:
                raise ModelError(f"{inversion.path.name} cannot be used: {_reason(error)}") from error


def _vectors(inversion: TextualInversion) -> list[tuple[str, str, Tensor]]:
    """Return (the text encoder it is for, how it is written, (n, d) vectors) of each tensor in the file."""
    from safetensors.torch import load_file

    tensors = load_file(inversion.path)
    of_two = {"clip_l", "clip_g"}
    if not set(tensors) <= of_two and len(tensors) != 1:
        raise ModelError(
            f"{inversion.path.name} holds {len(tensors)} tensors: a textual inversion has one, "
            "or clip_l and clip_g"
        )
    return [
        (name if name in of_two else "clip_l", inversion.token or _written(name, inversion), vectors)
        for name, vectors in tensors.items()
    ]


def _written(name: str, inversion: TextualInversion) -> str:
    """Return how a word is written: as its tensor is called, or as the file where that says nothing."""
    return inversion.path.stem if name in ("clip_l", "clip_g", "emb_params") else name


def _misfit(lora: Lora, model: str, reason: str) -> str:
    return f"{lora.path.name} does not fit {model} ({reason}): choose a LoRA made for this base"


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:160]

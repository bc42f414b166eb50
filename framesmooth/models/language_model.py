"""A language model of transformers from a local folder, which answers a conversation."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from framesmooth.errors import ModelError
from framesmooth.models.devices import choose_device

_MOST_TOKENS: Final = 4096


class LanguageModel:
    """A causal language model.

    Attributes:
        name: of its folder.

    Raises:
        ModelError: a folder without a model in safetensors.
    """

    def __init__(self, folder: Path) -> None:
        from transformers import AutoModelForCausalLM, AutoTokenizer

        if not (folder / "config.json").is_file():
            raise ModelError(f"{folder} holds no config.json: give the folder of a model of transformers")
        if not any(folder.glob("*.safetensors")):
            raise ModelError(f"{folder} holds no .safetensors: convert its weights, others are not loaded")
        self.name, self._device = folder.resolve().name, choose_device("auto")
        try:
            self._tokenizer: Any = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
            model: Any = AutoModelForCausalLM.from_pretrained(
                str(folder), local_files_only=True, use_safetensors=True, dtype="auto"
            )
        except (OSError, ValueError, KeyError, ImportError) as error:
            reason = " ".join(str(error).split())[:200]
            raise ModelError(f"{folder} cannot be loaded as a language model: {reason}") from error
        self._model = model.to(self._device).eval()

    def answer(self, messages: Sequence[dict[str, str]]) -> str:
        """Return the most likely answer to a conversation of {"role": ..., "content": ...}."""
        import torch

        tokenizer = self._tokenizer
        if tokenizer.chat_template:
            text = tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=True)
        else:
            text = "\n\n".join(message["content"] for message in messages) + "\n\n"
        tokens = tokenizer(text, return_tensors="pt").to(self._device)
        given = int(tokens["input_ids"].shape[1])
        room = int(getattr(self._model.config, "max_position_embeddings", given + _MOST_TOKENS)) - given
        if room < 1:
            raise ModelError(
                f"{self.name} reads {given + room} tokens at once, and the text has {given}: shorten it"
            )
        with torch.inference_mode():
            found = self._model.generate(
                **tokens,
                max_new_tokens=min(_MOST_TOKENS, room),
                do_sample=False,
                pad_token_id=tokenizer.pad_token_id or tokenizer.eos_token_id,
            )
        return str(tokenizer.decode(found[0, given:], skip_special_tokens=True))

"""A LoRA in a denoiser (Hu et al. 2021), by peft: where its layers go, and its weights as a part to save."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal

from torch import Tensor, nn

Layers = Literal["attention", "all"]

_ADAPTER: Final = "default"
_ATTENTION: Final = {
    "unet": ("to_q", "to_k", "to_v", "to_out.0"),
    "transformer": (
        "to_q", "to_k", "to_v", "to_out.0", "add_q_proj", "add_k_proj", "add_v_proj", "to_add_out",
    ),
}  # fmt: skip
_OTHERS: Final = {
    "unet": (
        "proj_in", "proj_out", "ff.net.0.proj", "ff.net.2", "time_emb_proj", "conv1", "conv2",
        "conv_shortcut", "downsamplers.0.conv", "upsamplers.0.conv",
    ),
    "transformer": ("ff.net.0.proj", "ff.net.2", "ff_context.net.0.proj", "ff_context.net.2"),
}  # fmt: skip
SMALL: Final = 50_000_000
"""Weights below which a denoiser is small: few of its layers attend, so that all must learn."""


def weights_of(network: nn.Module) -> int:
    """Return how many weights a network has."""
    return sum(weight.numel() for weight in network.parameters())


@dataclass(frozen=True)
class Adapter:
    """The LoRA of one denoiser; as a part of a checkpoint it holds the LoRA's weights alone.

    Attributes:
        network: the denoiser, of which only the LoRA's layers are trained.
        rank: of its layers; they are added as they are (alpha is the rank).
        layers: which layers have one.
    """

    network: Any
    rank: int
    layers: Layers

    stage: ClassVar[str] = "lora"

    @classmethod
    def add(cls, network: Any, part: str, rank: int, layers: Layers) -> "Adapter":
        """Add a LoRA that changes nothing yet; every other weight is frozen.

        Args:
            network: a denoiser of diffusers.
            part: "unet" or "transformer".
            rank: of the layers.
            layers: "attention", or "all": convolutions and feed-forward layers, too.
        """
        from diffusers.training_utils import cast_training_params
        from peft import LoraConfig

        network.requires_grad_(False)
        targets = [*_ATTENTION[part], *(_OTHERS[part] if layers == "all" else ())]
        config = LoraConfig(r=rank, lora_alpha=rank, target_modules=targets, init_lora_weights=True)
        network.add_adapter(config, _ADAPTER)
        cast_training_params(network)
        return cls(network, rank, layers)

    @property
    def weights(self) -> list[nn.Parameter]:
        """What is trained, in float32."""
        return [weight for weight in self.network.parameters() if weight.requires_grad]

    def state_dict(self) -> dict[str, Tensor]:
        """Return a copy of the LoRA's weights by peft's names."""
        from peft.utils import get_peft_model_state_dict

        state = get_peft_model_state_dict(self.network, adapter_name=_ADAPTER)
        return {name: weight.detach().cpu().clone() for name, weight in state.items()}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Take the weights of another state."""
        from peft.utils import set_peft_model_state_dict

        set_peft_model_state_dict(self.network, state, adapter_name=_ADAPTER)

    @contextmanager
    def off(self) -> Iterator[None]:
        """Within, the denoiser draws without the LoRA."""
        self.network.disable_adapters()
        try:
            yield
        finally:
            self.network.enable_adapters()

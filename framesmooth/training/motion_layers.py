"""The layers over time of AnimateDiff (Guo et al. 2023) in a UNet of Stable Diffusion, and their training."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Final

import torch
from torch import Tensor, nn

from framesmooth.errors import ModelError, UsageError
from framesmooth.models.conditioning import Conditioning
from framesmooth.models.text_to_image import TextToImage
from framesmooth.models.video_families.animatediff import ANIMATEDIFF
from framesmooth.models.video_loading import check_takes_motion, read_motion_adapter, with_layers_over_time
from framesmooth.training.networks import Diffusion
from framesmooth.video.atomic import atomic_path

LONGEST: Final = 32
"""Frames that a new adapter has positions for, as those of AnimateDiff."""
_HEADS: Final = (8, 4, 2, 1)
_LAYERS: Final = "motion_modules"


class MotionLayers:
    """The layers over time in a UNet: what a motion adapter holds. All of the UNet's own is frozen.

    Attributes:
        network: ``UNetMotionModel`` of diffusers.
        config: of the adapter.
    """

    stage: ClassVar[str] = "motion"

    def __init__(self, network: Any, config: dict[str, Any]) -> None:
        self.network, self.config = network, config

    @classmethod
    def add(cls, model: TextToImage, start: Path | None, frames: int) -> "MotionLayers":
        """Put layers over time into the UNet of a pipeline, which has the new one then.

        Args:
            model: of Stable Diffusion 1 or XL, or of the same architecture.
            start: the folder of a motion adapter to go on from; None for one that changes nothing yet.
            frames: that are to be learned together.

        Raises:
            ModelError: a UNet that takes none, or an adapter that is for another.
            UsageError: more frames than the adapter has positions for.
        """
        from diffusers.training_utils import cast_training_params

        pipe, name = model.pipe, model.folder.name
        if not hasattr(pipe, "unet"):
            kind = type(pipe).__name__
            raise ModelError(f"{name} is a {kind}: motion adapters are for Stable Diffusion 1 and XL")
        check_takes_motion(pipe.unet.config, name)
        adapter = new_adapter(pipe.unet) if start is None else read_motion_adapter(start, torch.float32)
        most = int(adapter.config["motion_max_seq_length"])
        if frames > most:
            raise UsageError(f"--frames {frames}: {start} has positions for {most}, ask for fewer")
        try:
            network = with_layers_over_time(pipe.unet, adapter)
        except (RuntimeError, ValueError, TypeError, KeyError, IndexError) as error:
            reason = " ".join(str(error).split())[:200]
            raise ModelError(f"the motion adapter {start} is not for {name}: {reason}") from error
        network.requires_grad_(False)
        pipe.register_modules(unet=network.to(model.device))
        layers = cls(network, {key: one for key, one in adapter.config.items() if not key.startswith("_")})
        for weight in layers.weights:
            weight.requires_grad_(True)
        cast_training_params(network)
        return layers

    @property
    def weights(self) -> list[nn.Parameter]:
        """What is trained, in float32."""
        return [weight for name, weight in self.network.named_parameters() if _LAYERS in name]

    def state_dict(self) -> dict[str, Tensor]:
        """Return a copy of the layers' weights by the names that they have in an adapter."""
        state = self.network.state_dict()
        return {name: weight.detach().cpu().clone() for name, weight in state.items() if _LAYERS in name}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Take the weights of another state."""
        self.network.load_state_dict(state, strict=False)

    @contextmanager
    def off(self) -> Iterator[None]:
        """Within, the UNet draws each frame for itself."""

        def pass_by(_layer: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], _out: Any) -> Any:
            return args[0] if args else kwargs["hidden_states"]

        with ExitStack() as hooks:
            for name, layer in self.network.named_modules():
                if name.split(".")[-2:-1] == [_LAYERS]:
                    hooks.callback(layer.register_forward_hook(pass_by, with_kwargs=True).remove)
            yield

    def save(self, folder: Path, state: dict[str, Tensor]) -> None:
        """Write an adapter in diffusers' format, float16, whole or not at all; what is there is replaced."""
        from diffusers import MotionAdapter

        adapter = MotionAdapter(**self.config)
        adapter.load_state_dict(state)
        with atomic_path(folder, folder=True) as partial:
            adapter.half().save_pretrained(partial, safe_serialization=True)


def new_adapter(unet: Any) -> Any:
    """Return a motion adapter for a UNet, which changes nothing until it is trained."""
    from diffusers import MotionAdapter

    config = unet.config
    channels = tuple(config.block_out_channels)
    adapter = MotionAdapter(
        block_out_channels=channels,
        motion_layers_per_block=config.layers_per_block,
        motion_norm_num_groups=config.norm_num_groups,
        motion_num_attention_heads=next(n for n in _HEADS if all(width % n == 0 for width in channels)),
        motion_max_seq_length=LONGEST,
        use_motion_mid_block=False,
    )
    for name, module in adapter.named_modules():
        if name.split(".")[-3:-2] == [_LAYERS] and name.endswith(".proj_out"):
            nn.init.zeros_(module.weight)
            nn.init.zeros_(module.bias)
    return adapter


class MotionDiffusion(Diffusion):
    """Clips with noise, in the schedule that motion adapters are used with; latents are (B, T, C, h, w).

    All frames of a clip have the same time, and each has its own noise.
    """

    at_once = 1

    @cached_property
    def noising(self) -> Any:
        """The scheduler that adds noise, with the schedule that ``generate --motion-adapter`` samples in."""
        from diffusers import DDPMScheduler

        return DDPMScheduler.from_config(ANIMATEDIFF.with_scheduler(self.family.pipe).config)

    def predict(self, noisy: Tensor, times: Tensor, conditioning: Conditioning) -> Tensor:
        """Call the UNet."""
        frames = noisy.shape[1]
        added = self.added(noisy, conditioning)
        arguments = {"added_cond_kwargs": added} if added else {}
        states = conditioning["prompt_embeds"].repeat_interleave(frames, dim=0)
        answer = self.family.denoiser(noisy.transpose(1, 2), times, states, return_dict=False, **arguments)[0]
        return Tensor(answer.transpose(1, 2))

"""The differences between diffusers' text-to-image pipelines, behind one interface.

``Family`` is what most of them share; ``families`` has one file for each of the others. The latents outside
are float32 (B, C, h, w) for all of them, whatever a pipeline's own form is.
"""

import inspect
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import torch
from PIL import Image
from torch import Tensor

from framesmooth.frames import Frame
from framesmooth.models import controlnet, ip_adapter
from framesmooth.models.conditioning import Conditioning

_MULTIPLE: Final = 8
"""diffusers' pipelines refuse sizes that are not multiples of 8, whatever the autoencoder's factor is."""

Iteration = Callable[[Any, int, Tensor], Tensor | None]
"""Is told (pipeline, how many iterations are done, latents after them); returns latents to go on with, or
None to go on with those."""


@dataclass(frozen=True, kw_only=True)
class Guidance:
    """How strictly the prompt is followed.

    Attributes:
        scale: of classifier-free guidance, off at 1 or below; a distilled model takes it as an input.
        true_scale: of classifier-free guidance against the negative prompt on top of that, for the families
            whose ``scale`` is an input; off at 1 or below.
    """

    scale: float
    true_scale: float = 1.0


@dataclass(frozen=True)
class Family:
    """One pipeline, seen as a member of its family: a UNet guided by the difference of two predictions."""

    pipe: Any

    encoded: ClassVar[tuple[str, ...]] = ("prompt_embeds", "negative_prompt_embeds")
    """What ``encode_prompt`` returns, by the names that ``__call__`` takes it by."""
    asks_whether_guided: ClassVar[bool] = True
    """Whether the pipeline asks before every step whether it guides, so that a callback can end that."""
    overflows: ClassVar[bool] = False
    """Whether the autoencoder may overflow in float16, and says so (``force_upcast``)."""
    image_encoder: ClassVar[str] = "CLIPVisionModelWithProjection"
    """The class of transformers that encodes images for an IP-Adapter."""
    encodes_control: ClassVar[bool] = False
    """Whether control images go through the autoencoder."""
    aspects: ClassVar[tuple[float, float]] = (0.8, 1.5)
    """The narrowest and the widest shape, width over height, in which it shows a subject once."""
    has_true_guidance: ClassVar[bool] = False
    """Whether ``Guidance.true_scale`` means something."""

    @property
    def denoiser(self) -> Any:
        """The network that is called at every step."""
        return self.pipe.unet

    @property
    def networks(self) -> list[Any]:
        """The networks that are called at every step: the denoiser, and a ControlNet if there is one."""
        control = getattr(self.pipe, "controlnet", None)
        return [self.denoiser] if control is None else [self.denoiser, control]

    @property
    def patch(self) -> int:
        """The side, in latent pixels, of what the denoiser looks at as one."""
        return 1

    @property
    def multiple(self) -> int:
        """Width and height, in pixels, are multiples of this."""
        return math.lcm(_MULTIPLE, self.factor * self.patch)

    @property
    def factor(self) -> int:
        """Pixels per latent pixel."""
        return int(self.pipe.vae_scale_factor)

    @property
    def latent_channels(self) -> int:
        """Channels of the latents."""
        return int(self.denoiser.config.in_channels)

    @property
    def native_size(self) -> tuple[int, int]:
        """(height, width) in pixels that the model was made for."""
        size = self.denoiser.config.sample_size
        height, width = (size, size) if isinstance(size, int) else size
        return int(height) * self.factor, int(width) * self.factor

    @property
    def largest_side(self) -> int | None:
        """Pixels beyond which the model has no positions; None where there is no such limit."""
        return None

    @property
    def is_distilled(self) -> bool:
        """Whether guidance is an input of the denoiser, so that it needs no second prediction."""
        return self.denoiser.config.get("time_cond_proj_dim") is not None

    def negates(self, guidance: Guidance) -> bool:
        """Tell whether the negative prompt is used."""
        return not self.is_distilled and guidance.scale > 1

    @property
    def ends_guidance(self) -> bool:
        """Whether guidance can end before the last step."""
        return self.asks_whether_guided and not self.is_distilled

    @property
    def readers(self) -> list[tuple[Any, int]]:
        """The tokenizers whose tokens follow each other in the embeddings, and how many there are of each."""
        return [(self.pipe.tokenizer, int(self.pipe.tokenizer.model_max_length))]

    @property
    def reads_in_chunks(self) -> bool:
        """Whether a prompt that is longer than the tokenizer's room is read in chunks, not cut."""
        return True

    def read(self, prompt: str) -> str:
        """Return a prompt as the tokenizers get it."""
        return prompt

    def encode(self, prompt: str, negative_prompt: str | None, *, guided: bool) -> Conditioning:
        """Return the conditioning of one prompt, batch size 1, in the text encoder's dtype."""
        wanted = {
            "prompt": prompt,
            "prompt_2": None,
            "prompt_3": None,
            "device": self.pipe._execution_device,
            "num_images_per_prompt": 1,
            "do_classifier_free_guidance": guided,
            "negative_prompt": negative_prompt,
        }
        accepted = inspect.signature(self.pipe.encode_prompt).parameters
        answer = self.pipe.encode_prompt(**{name: one for name, one in wanted.items() if name in accepted})
        named = zip(self.encoded, answer, strict=True)
        return {name: tensor for name, tensor in named if tensor is not None}

    def pack(self, latents: Tensor) -> Tensor:
        """Return latents (B, C, h, w) in the pipeline's own form."""
        return latents

    def unpack(self, latents: Tensor, _shape: Sequence[int]) -> Tensor:
        """Return latents in the pipeline's own form as (B, C, h, w); ``shape`` ends in (h, w)."""
        return latents

    def timesteps(self, scheduler: Any, steps: int, shape: Sequence[int]) -> dict[str, Any]:
        """Return what the pipeline passes to ``set_timesteps`` of ``scheduler`` for latents of ``shape``."""
        del scheduler, shape
        return {"num_inference_steps": steps}

    def guidance_arguments(self, guidance: Guidance) -> dict[str, float]:
        """Return the arguments of ``__call__`` for guidance."""
        return {"guidance_scale": guidance.scale}

    def control_arguments(self, image: Tensor) -> dict[str, Tensor]:
        """Return the argument of ``__call__`` for control images (B, 3, H, W) in 0 to 1."""
        return {"image": image}

    def embed_image(self, image: Frame) -> Conditioning:
        """Return what an IP-Adapter makes of an image, uint8 (H, W, 3), and of none."""
        given, device = Image.fromarray(image), self.pipe._execution_device
        (both,) = self.pipe.prepare_ip_adapter_image_embeds(given, None, device, 1, True)
        negative, positive = both.chunk(2)
        return {ip_adapter.IMAGE: positive, ip_adapter.NEGATIVE: negative}

    def project_image(self, embeds: Tensor) -> None:
        """Project an image's embeddings as the denoiser does, to see whether they fit."""
        projection = self.denoiser.encoder_hid_proj
        projection([embeds.to(next(projection.parameters()))])

    def image_arguments(self, conditioning: Conditioning) -> dict[str, Any]:
        """Return the arguments of ``__call__`` for the embeddings of an image."""
        return {ip_adapter.IMAGE: [ip_adapter.stacked(conditioning, self.denoiser.dtype)]}

    @contextmanager
    def _arguments(self, conditioning: Conditioning) -> Iterator[dict[str, Any]]:
        """Give the arguments of ``__call__`` for a conditioning, and weigh its control image by image."""
        apart = (*controlnet.NAMES, ip_adapter.IMAGE, ip_adapter.NEGATIVE)
        arguments: dict[str, Any] = {name: one for name, one in conditioning.items() if name not in apart}
        if ip_adapter.IMAGE in conditioning:
            arguments |= self.image_arguments(conditioning)
        if controlnet.IMAGE not in conditioning:
            yield arguments
            return
        arguments |= self.control_arguments(conditioning[controlnet.IMAGE])
        with controlnet.scaled(self.pipe.controlnet, conditioning):
            yield arguments | {"control_guidance_end": controlnet.end_of(conditioning)}

    def denoise(
        self,
        conditioning: Conditioning,
        latents: Tensor,
        *,
        steps: int,
        guidance: Guidance,
        generators: Sequence[torch.Generator],
        on_iteration: Iteration,
    ) -> Tensor:
        """Run the pipeline over its scheduler's timesteps.

        Args:
            conditioning: batch size B, on the pipeline's device.
            latents: (B, C, h, w), what the scheduler begins with, over its ``init_noise_sigma``.
            steps: of the schedule.
            guidance: how strictly the prompt is followed.
            generators: B of them, for schedulers that draw noise at every step.
            on_iteration: called after every call of the denoiser.

        Returns:
            (B, C, h, w), of the autoencoder's scale.
        """

        def told(pipe: Any, index: int, _timestep: Any, held: dict[str, Tensor]) -> dict[str, Tensor]:
            changed = on_iteration(pipe, index + 1, self.unpack(held["latents"], latents.shape))
            return held if changed is None else held | {"latents": self.pack(changed)}

        with self._arguments(conditioning) as arguments:
            (final,) = self.pipe(
                **arguments,
                **self.guidance_arguments(guidance),
                **self._sizes(latents),
                num_inference_steps=steps,
                latents=self.pack(latents),
                generator=list(generators),
                callback_on_step_end=told,
                output_type="latent",
                return_dict=False,
            )[:1]
        return self.unpack(final, latents.shape)

    def _sizes(self, latents: Tensor) -> dict[str, int]:
        return {"height": latents.shape[-2] * self.factor, "width": latents.shape[-1] * self.factor}

    def prepare(self) -> None:
        """Change what has to be changed in the loaded pipeline, once."""


def default_of(function: Any, name: str) -> int:
    """Return the default of a function's argument, a whole number."""
    return int(inspect.signature(function).parameters[name].default)

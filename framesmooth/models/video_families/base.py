"""What video pipelines of diffusers differ in, behind one interface; no torch.

A family says which classes of diffusers its weights serve, how many frames and which sizes they take, and by
which names they take their arguments. The latents stay inside: a pipeline is called with a prompt, images or
a video, and answers with the frames of a clip.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from typing import Any, Literal

Start = Literal["text", "image", "video"]
"""What a clip is generated from besides noise; all but the second take a prompt, most families both."""

StepDone = Callable[[], None]

NAMES: Mapping[Start, str] = {"text": "a prompt", "image": "an image", "video": "a video"}


@dataclass(frozen=True)
class FrameRule:
    """How many frames a pipeline can generate: ``step`` * k + ``offset``, k being 1 or more."""

    step: int = 1
    offset: int = 0

    def up(self, frames: int) -> int:
        """Return the least number that is allowed and not below ``frames``."""
        return self.step * max(1, -(-(frames - self.offset) // self.step)) + self.offset

    def __str__(self) -> str:
        if self == FrameRule():
            return "any number of"
        if not self.offset:
            return f"{self.step}, {2 * self.step}, {3 * self.step}, …"
        return f"{self.step}k + {self.offset}"


@dataclass(frozen=True, kw_only=True)
class Chance:
    """How the codes of a clip are drawn from their scores, for models that draw some; None is as the model.

    Attributes:
        temperature: divides the scores; 0 takes the likeliest code.
        top_k: how many of the likeliest codes are drawn from.
        top_p: the likeliest codes that have this share of the probability are drawn from (Holtzman et al.
            2020, nucleus sampling), above 0, at most 1.
    """

    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None

    def over(self, other: "Chance") -> "Chance":
        """Return this with what it leaves open as in another."""
        mine = {name: value for name, value in asdict(self).items() if value is not None}
        return replace(other, **mine)


@dataclass(frozen=True, kw_only=True)
class VideoCall:
    """One call of a pipeline.

    Attributes:
        start: what it starts from.
        prompt: what it shows.
        negative: what to avoid.
        prompts: the prompts by frame, for families that travel between them.
        negatives: what to avoid, likewise.
        frames: how many, as the family's rule allows.
        height: pixels, a multiple of the family's.
        width: likewise.
        fps: frames per second, for models that are told.
        steps: denoising steps.
        guidance_scale: how strictly the prompt is followed.
        true_cfg_scale: likewise against the negative prompt, where the other is an input of the model.
        guidance_scale_2: of the second transformer, for models that have two; None is as the first.
        first: the image that the clip begins with, a PIL image of this size.
        last: the image that it ends with, likewise.
        video: the video that it is made from, likewise, as many images as frames.
        strength: share of the steps that denoise the video.
        free_init: how often the noise is refined, 0 for not at all.
        context: frames that are denoised in one window, for families that denoise in windows.
        motion_bucket: how much moves, 1 to 255, for models that are told.
        chance: how codes are drawn, for models that draw some.
        in_parts: whether frames are decoded few at a time, to save memory.
    """

    start: Start
    prompt: str
    negative: str = ""
    prompts: Mapping[int, str] = field(default_factory=dict)
    negatives: Mapping[int, str] = field(default_factory=dict)
    frames: int
    height: int
    width: int
    fps: Fraction
    steps: int
    guidance_scale: float
    true_cfg_scale: float = 1.0
    guidance_scale_2: float | None = None
    first: Any = None
    last: Any = None
    video: Sequence[Any] = ()
    strength: float = 1.0
    free_init: int = 0
    context: int | None = None
    motion_bucket: int | None = None
    chance: Chance = field(default_factory=Chance)
    in_parts: bool = False

    @property
    def share(self) -> float:
        """The strength, or a little more where it would be less than one step."""
        return max(self.strength, min(1.0, (1 + 1e-9) / self.steps))


@dataclass(frozen=True, kw_only=True)
class VideoFamily:
    """The pipelines that share one kind of weights.

    Attributes:
        title: the name that people know it by.
        pipelines: the class of diffusers for each start.
        frame_rule: how many frames it can generate.
        default_frames: how many it generates unless asked.
        longest: how many frames one call was trained for at most.
        longest_is_limit: whether it has no positions for more.
        fps: frames per second that it was trained with.
        size: (height, width) in pixels unless asked; None is as the denoiser's configuration says.
        size_multiple: width and height are multiples of this.
        steps: denoising steps unless asked.
        guidance_scale: unless asked.
        takes_last: whether an image for the last frame can be given.
        takes_last_alone: whether that needs no first image.
        reads_prompts: whether a prompt decides anything.
        travels: whether it goes from prompt to prompt inside a clip of any length, as AnimateDiff does.
        refines_noise: whether it has FreeInit.
        true_guidance: whether ``true_cfg_scale`` guides, because the model takes ``guidance_scale`` as an
            input.
        has_second: whether a second transformer denoises at low noise, with guidance of its own.
        parts_decide: whether frames depend on how many are decoded at a time.
        draws_codes: whether it draws codes by chance (``VideoCall.chance``).
        own: whether the pipeline is of this package, and not of diffusers.
        unused: keys of settings that it has no use for.
        packages: what it needs besides the usual, by import name.
        float32: components that are kept in float32.
        base: the class of the pipeline that a motion adapter turns into this; None where there is none.
        license: of the best-known checkpoint.
        memory: of the GPU, that it takes.
    """

    title: str
    pipelines: Mapping[Start, str]
    frame_rule: FrameRule
    default_frames: int
    longest: int
    longest_is_limit: bool = False
    fps: Fraction
    size: tuple[int, int] | None = None
    size_multiple: int = 8
    steps: int = 50
    guidance_scale: float
    takes_last: bool = False
    takes_last_alone: bool = False
    reads_prompts: bool = True
    travels: bool = False
    refines_noise: bool = False
    true_guidance: bool = False
    has_second: bool = False
    parts_decide: bool = False
    draws_codes: bool = False
    own: bool = False
    unused: frozenset[str] = frozenset()
    packages: tuple[str, ...] = ()
    float32: tuple[str, ...] = ()
    base: str | None = None
    license: str
    memory: str

    def adapted(self, model: "ModelConfig") -> "VideoFamily":
        """Return the family with what the files of one model say of its frames, sizes and starts."""
        del model
        return self

    def negates(self, guidance_scale: float, true_cfg_scale: float) -> bool:
        """Tell whether the negative prompt is used."""
        return self.reads_prompts and (true_cfg_scale if self.true_guidance else guidance_scale) > 1

    def as_dict(self) -> dict[str, Any]:
        """Return what a user can ask of it: plain JSON types."""
        return {
            "family": self.title,
            "starts": list(self.pipelines),
            "takes_last_image": self.takes_last,
            "frames": {"rule": str(self.frame_rule), "default": self.default_frames},
            "fps": str(self.fps),
            "size_multiple": self.size_multiple,
            "steps": self.steps,
            "guidance_scale": self.guidance_scale,
        }

    @property
    def words(self) -> str:
        """What it generates, on one line."""
        last = ", to an image at the end" if self.takes_last else ""
        frames = f"{self.frame_rule} frames, {self.default_frames} at {self.fps} a second unless asked"
        return f"video from {self.starts}{last}; {frames}; sides in multiples of {self.size_multiple}"

    @property
    def starts(self) -> str:
        """What a clip can start from, in words."""
        return " or ".join(NAMES[start] for start in self.pipelines)

    @property
    def leads_on(self) -> bool:
        """Whether a clip can go on from the last frame of another."""
        return "image" in self.pipelines

    def denoiser(self, pipe: Any) -> Any:
        """Return the network that is called at every step."""
        return pipe.transformer if getattr(pipe, "transformer", None) is not None else pipe.unet

    def denoisers(self, pipe: Any) -> list[Any]:
        """Return the networks that denoise: one, or one for high noise and one for low."""
        second = getattr(pipe, "transformer_2", None) if self.has_second else None
        return [network for network in (self.denoiser(pipe), second) if network is not None]

    def native_size(self, pipe: Any) -> tuple[int, int]:
        """Return (height, width) in pixels that the model was made for."""
        if self.size is not None:
            return self.size
        side, factor = self.denoiser(pipe).config.sample_size, int(pipe.vae_scale_factor)
        height, width = (side, side) if isinstance(side, int) else side
        return int(height) * factor, int(width) * factor

    def steps_of(self, call: VideoCall) -> int:
        """Return how many steps a call takes."""
        asked = min(call.steps, int(call.steps * call.share)) if call.start == "video" else call.steps
        return max(1, asked) * max(1, call.free_init)

    def arguments(self, call: VideoCall) -> dict[str, Any]:
        """Return the arguments of the pipeline's ``__call__`` for a clip."""
        own = {"text": self.text_arguments, "image": self.image_arguments, "video": self.video_arguments}
        return {
            **self.prompt_arguments(call),
            **self.guidance_arguments(call),
            **own[call.start](call),
            "num_inference_steps": call.steps,
        }

    def prompt_arguments(self, call: VideoCall) -> dict[str, Any]:
        """Return the arguments for the prompts."""
        if not self.reads_prompts:
            return {}
        return {"prompt": call.prompt, "negative_prompt": call.negative}

    def guidance_arguments(self, call: VideoCall) -> dict[str, Any]:
        """Return the arguments for guidance."""
        return {"guidance_scale": call.guidance_scale}

    def text_arguments(self, call: VideoCall) -> dict[str, Any]:
        """Return the arguments for a clip from noise: length and size."""
        return {"num_frames": call.frames, "height": call.height, "width": call.width}

    def image_arguments(self, call: VideoCall) -> dict[str, Any]:
        """Return the arguments for a clip from images."""
        last = {} if call.last is None else {"last_image": call.last}
        return self.text_arguments(call) | {"image": call.first} | last

    def video_arguments(self, call: VideoCall) -> dict[str, Any]:
        """Return the arguments for a clip from a video, whose length is that of the clip."""
        sizes = {"height": call.height, "width": call.width}
        return {"video": list(call.video), "strength": call.share, **sizes}

    def progress_arguments(self, step_done: StepDone) -> dict[str, Any]:
        """Return the arguments that let ``step_done`` be called after every step."""

        def told(_pipe: Any, _index: int, _timestep: Any, held: dict[str, Any]) -> dict[str, Any]:
            step_done()
            return held

        return {"callback_on_step_end": told}

    def pipeline_class(self, call: VideoCall) -> str:
        """Return the name of the class for a call."""
        return self.pipelines[call.start]

    def prepare(self, pipe: Any, call: VideoCall) -> None:
        """Switch on in ``pipe`` what a call asks for beyond arguments, and off what it doesn't."""

    def with_scheduler(self, pipe: Any) -> Any:
        """Return the scheduler of a model with a motion adapter; others are made of its configuration."""
        return pipe.scheduler


@dataclass(frozen=True)
class ModelConfig:
    """What the files of a model say, read without loading it.

    Attributes:
        index: of ``model_index.json``.
        component: returns the configuration of a component, {} where there is none.
        adapter: the configuration of a motion adapter, {} without one.
    """

    index: Mapping[str, Any]
    component: Callable[[str], Mapping[str, Any]]
    adapter: Mapping[str, Any] = field(default_factory=dict)

"""What a user can ask of a clip: all settings of ``generate``, by group."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final

from framesmooth import defaults
from framesmooth.errors import UsageError
from framesmooth.setting import Setting, SettingGroup
from framesmooth.timeline.camera_grammar import camera_words_in, read_camera_words
from framesmooth.timeline.duration import frames_in
from framesmooth.timeline.prompts import TimedPrompt, parse_prompts
from framesmooth.timeline.seeds import MAX_SEED, RANDOM_SEED
from framesmooth.workflows.encoding_settings import CLIP_FILE, EncodingSettings
from framesmooth.workflows.generate.setting_groups.images import (
    CameraSettings,
    ConditioningSettings,
    ImageToImageSettings,
)
from framesmooth.workflows.generate.setting_groups.look import LookSettings
from framesmooth.workflows.generate.setting_groups.model import ComputeSettings, ModelSettings
from framesmooth.workflows.generate.setting_groups.motion import MotionSettings
from framesmooth.workflows.generate.setting_groups.sampling import SamplingSettings, SmoothingSettings
from framesmooth.workflows.generate.setting_groups.sound import SoundSettings
from framesmooth.workflows.generate.setting_groups.travel import SeedSettings, TimelineSettings
from framesmooth.workflows.generate.setting_groups.upscaling import UpscalingSettings
from framesmooth.workflows.generate.setting_groups.video import VideoModelSettings


@dataclass(frozen=True, kw_only=True)
class GenerateSettings(SettingGroup):
    """A clip as asked for; None leaves a setting to the model or to the clip.

    Settings can be given by group, or flat by their keys, which are the keywords of ``of``::

        GenerateSettings(prompts=["a cat"], output="cat.mp4", sampling=SamplingSettings(steps=8))
        GenerateSettings.of(prompts=["a cat"], output="cat.mp4", steps=8, zoom="1.01")

    Raises:
        UsageError: a value of the wrong type or out of range; the message says what is accepted.
    """

    heading: ClassVar = "Clip"

    prompts: Annotated[
        tuple[TimedPrompt, ...],
        Setting(has_option=False, help="Prompts in order, each with its frame where it has one."),
    ]
    output: Annotated[Path, Setting(has_option=False, help=CLIP_FILE)]
    model: ModelSettings = field(default_factory=ModelSettings)
    timeline: TimelineSettings = field(default_factory=TimelineSettings)
    motion: MotionSettings = field(default_factory=MotionSettings)
    seeding: SeedSettings = field(default_factory=SeedSettings)
    sampling: SamplingSettings = field(default_factory=SamplingSettings)
    smoothing: SmoothingSettings = field(default_factory=SmoothingSettings)
    upscaling: UpscalingSettings = field(default_factory=UpscalingSettings)
    camera: CameraSettings = field(default_factory=CameraSettings)
    img2img: ImageToImageSettings = field(default_factory=ImageToImageSettings)
    conditioning: ConditioningSettings = field(default_factory=ConditioningSettings)
    look: LookSettings = field(default_factory=LookSettings)
    sound: SoundSettings = field(default_factory=SoundSettings)
    video: VideoModelSettings = field(default_factory=VideoModelSettings)
    compute: ComputeSettings = field(default_factory=ComputeSettings)
    encoding: EncodingSettings = field(default_factory=EncodingSettings)

    def __post_init__(self) -> None:
        given: Any = self.prompts  # texts, too
        given = (given,) if isinstance(given, str) else given
        if isinstance(given, list | tuple) and given and all(isinstance(one, str) for one in given):
            object.__setattr__(self, "prompts", parse_prompts(given))
        super().__post_init__()
        self._resolve_shorthands()

    def _resolve_shorthands(self) -> None:
        """Put numbers of frames and seeds in the place of a duration and a variation.

        Raises:
            UsageError: one of them beside what it stands for.
        """
        timeline, seeding = self.timeline, self.seeding
        if timeline.duration is not None:
            if timeline.num_frames is not None:
                raise UsageError(
                    "--duration and --num-frames both say how long the clip is: give one of them"
                )
            if timeline.fps is not None:  # a model's own rate is not known yet
                count = frames_in(timeline.duration, timeline.fps)
                object.__setattr__(self, "timeline", replace(timeline, num_frames=count, duration=None))
        if seeding.variation is not None:
            seed = seed_of_variation(self, seeding.variation)
            object.__setattr__(self, "seeding", replace(seeding, seed=seed, variation=None))

    @property
    def feeds_back(self) -> bool:
        """Whether each keyframe starts from the one before: under a camera, or from an image."""
        begun = self.camera.moves, self.img2img.strength, self.img2img.init_image
        others = self.img2img.init_video or self.img2img.last_image
        moved = self.camera.words_move or self.prompts_move
        return others is None and (moved or begun != (None, None, None))

    @property
    def prompts_move(self) -> bool:
        """Whether the prompts say how the camera moves, and nothing else leads the frames."""
        led = self.img2img.init_video or self.img2img.last_image or self.conditioning.control
        if led is not None or self.camera.words is not None:
            return False
        said = filter(None, (camera_words_in(prompt.prompt) for prompt in self.prompts))
        return any(any(read_camera_words(words)) for words in said)

    @property
    def walks(self) -> bool:
        """Whether the clip only travels from prompt to prompt: its keyframes are independent."""
        led = self.feeds_back or self.img2img.init_video is not None or self.img2img.last_image is not None
        return not led and self.conditioning.control is None

    @property
    def model_path(self) -> Path | None:
        """The model's folder where it was given by path, None for the built-in one and for hub ids."""
        path = Path(self.model.name).expanduser()
        return path if self.model.name != defaults.MODEL and path.exists() else None

    @property
    def draws_seeds(self) -> bool:
        """Whether a seed is left to chance."""
        seeding = self.seeding
        shared = (seeding.seed if prompt.seed is None else prompt.seed for prompt in self.prompts)
        return RANDOM_SEED in (shared if seeding.seeds is None else seeding.seeds)

    def with_drawn(self, drawn: Sequence[int]) -> "GenerateSettings":
        """Return the settings with ``drawn``, the seeds of a run's keyframes, in place of random ones.

        Raises:
            ValueError: when ``--seeds`` and ``drawn`` are not equally many.
        """
        asked = self.seeding
        if asked.seeds is not None:
            pairs = zip(asked.seeds, drawn, strict=True)
            return self.but(seeds=tuple(new if seed == RANDOM_SEED else seed for seed, new in pairs))
        if not self.draws_seeds:
            return self
        shared = [seed for prompt, seed in zip(self.prompts, drawn, strict=False) if prompt.seed is None]
        prompts = tuple(
            replace(prompt, seed=seed) if prompt.seed == RANDOM_SEED else prompt
            for prompt, seed in zip(self.prompts, drawn, strict=False)
        )
        return self.but(
            prompts=prompts, seed=shared[0] if asked.seed == RANDOM_SEED and shared else asked.seed
        )


_APART: Final = 1000
"""Seeds of variations are this far apart: a clip of one prompt also uses the seeds that follow its own."""


def seed_of_variation(settings: GenerateSettings, number: int) -> int:
    """Return the seed of a variation, 1, 2...: that of the settings is the first one's.

    Raises:
        UsageError: several seeds, or seeds of the prompts' own, or one that is left to chance.
    """
    seeding = settings.seeding
    if seeding.seeds is not None or any(prompt.seed is not None for prompt in settings.prompts):
        raise UsageError(
            "variations have one seed each: drop --seeds and the prompts' own, and give a --seed"
        )
    if seeding.seed == RANDOM_SEED:
        raise UsageError("--variation counts from the --seed of its sheet: give that, not -1")
    return (seeding.seed + _APART * (number - 1)) % MAX_SEED

"""Training a LoRA on pictures of one's own."""

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from framesmooth.errors import UsageError, require_packages
from framesmooth.events import stage
from framesmooth.models.checkpoints import model_defaults, pipeline_class
from framesmooth.video.atomic import remove_leftovers
from framesmooth.workflows.check_data import SIZE_MULTIPLE, report_on, resolution_of
from framesmooth.workflows.check_pictures import MOST_PROMPTS, CheckPictures
from framesmooth.workflows.outputs import check_files
from framesmooth.workflows.settings.train import TrainLoraSettings
from framesmooth.workflows.trained_lora import TrainedLora
from framesmooth.workflows.training_run import TrainingRun, held_out_files, refuse_unusable
from framesmooth.workflows.workflow import NoticeCollector, workflow

if TYPE_CHECKING:
    from framesmooth.training.fine_tuning import Plan
    from framesmooth.training.history import Outcome
    from framesmooth.training.lessons import Lesson, Lessons
    from framesmooth.training.lora import Adapter
    from framesmooth.training.prior import Prior

_RATES: Final = {True: 1e-3, False: 1e-4}
"""Learning rates of small denoisers and of others."""
_BATCH: Final = 4
_UNSAID: Final = 0.3
"""Share of their captions that is left out: guidance compares with the empty or the negative prompt."""
_LAYOUT: Final = 0.4
"""Share of the times, the noisiest, that a style leaves to the base."""


@workflow(TrainLoraSettings)
def train_lora(settings: TrainLoraSettings) -> TrainedLora:
    """Train a LoRA on a folder of pictures or clips with captions.

    The arguments are those of :class:`TrainLoraSettings`. What belongs to the training is in a folder beside
    the file, ``style.training`` for ``style.safetensors``; the same call goes on with one that was stopped.

    Raises:
        UsageError: data that nothing can be learned from, or settings other than those of a stopped training.
        ModelError: a model that cannot be loaded, or that no LoRA is trained for.

    Example:
        >>> import framesmooth as fs
        >>> asked = {"steps": 2, "checks": 1, "resolution": 64, "batch": 1, "pictures": False}
        >>> made = fs.train_lora("pictures", output="style.safetensors", **asked)
        >>> made.steps, made.output.name
        (2, 'style.safetensors')
    """
    require_packages("training")
    _check_output(settings)
    from framesmooth.training.dataset import read_dataset

    emit = NoticeCollector(settings.on_event)
    folder = settings.output.with_suffix(".training")
    data = read_dataset(Path(settings.data), settings.trigger_word)
    with stage(emit, "check", len(data.examples), "files") as advance:
        report = report_on(data, settings, advance, clip_frames=settings.clip_frames)
    refuse_unusable(report, settings.data, emit)
    from framesmooth.training.base_model import load_base

    with stage(emit, "load model"):
        model = load_base(settings.model, config=settings.config, device=settings.device)
    return _LoraRun(settings, folder, data, model, emit).run()


def _check_output(settings: TrainLoraSettings) -> None:
    if settings.prior_pictures and not settings.trigger_word:
        raise UsageError(
            "--prior-pictures are pictures of what captions say without the trigger word: give --trigger-word"
        )
    if settings.output.suffix != ".safetensors":
        raise UsageError(f"-o {settings.output}: a LoRA is a .safetensors file, name it so")
    check_files((), (settings.output,), overwrite=settings.overwrite)


@dataclass(frozen=True)
class _LoraRun(TrainingRun):
    """One training of a LoRA."""

    settings: TrainLoraSettings

    def run(self) -> TrainedLora:
        """Encode, train, write."""
        from framesmooth.training.base_model import ready_to_train
        from framesmooth.training.lora import SMALL, Adapter, weights_of
        from framesmooth.training.networks import objective_of
        from framesmooth.training.precision import prepare

        settings, model = self.settings, self.model
        objective = objective_of(model.family, model.folder.name)
        count = weights_of(model.denoiser)
        small = count < SMALL
        resolution = resolution_of(settings, model.folder)
        learned, held_out = self._lessons(resolution)
        drawn = self._prepare_pictures(learned, held_out)
        prior = self._prior(learned, resolution)
        learn = settings.learn or ("style" if small else "all")
        plan = self.plan(_RATES[small], _BATCH, _LAYOUT if learn == "style" else 0.0)
        ready_to_train(model, checkpointing=self.checkpointing(count))
        prepare(model.device, settings.seed)
        layers = settings.layers or ("all" if small else "attention")
        adapter = Adapter.add(model.denoiser, objective.part, settings.rank, layers)
        if drawn is not None and not (self.folder / "lora.pt").exists():
            drawn.write(self.folder, 0)
        outcome = self.train(
            objective,
            adapter,
            learned,
            held_out,
            plan,
            prior=prior,
            on_check=lambda step: None if drawn is None else drawn.write(self.folder, step),
        )
        self._write(adapter, objective.part, outcome, plan, resolution, learned)
        result = TrainedLora(**self.told(outcome, learned, held_out))
        self.note(result.as_dict())
        return result

    def _lessons(self, resolution: int) -> "tuple[Lessons, Lessons | None]":
        """Encode the data; return what is learned from, and what is held out, None for nothing."""
        from framesmooth.training.dataset import frames_of
        from framesmooth.training.lessons import Lessons, encode_captions, encode_lessons, sizes_of

        settings, examples = self.settings, self.data.examples
        pictures = (pair for one in examples for pair in frames_of(one, settings.clip_frames))
        with stage(self.emit, "encode", None, "pictures") as advance:
            lessons = encode_lessons(
                self.model,
                pictures,
                sizes_of(resolution, SIZE_MULTIPLE),
                flip=settings.flip,
                parts=settings.parts,
                seed=settings.seed,
                advance=advance,
            )
            meanings = encode_captions(self.model, [one.caption for one in examples])
        apart = held_out_files(examples, settings.held_out, settings.seed)
        learned = tuple(one for one in lessons if one.example.path not in apart)
        judged: tuple[Lesson, ...] = tuple(
            replace(one, flipped=None) for one in lessons if one.example.path in apart
        )
        return Lessons(learned, meanings), Lessons(judged, meanings) if judged else None

    def _prepare_pictures(self, learned: "Lessons", held_out: "Lessons | None") -> "CheckPictures | None":
        """Return what draws the pictures on the way; their prompts are read now, before the encoder goes."""
        if not self.settings.pictures:
            return None
        shown = [*(held_out.lessons if held_out else ()), *learned.lessons]
        prompts = self.settings.prompts or tuple(dict.fromkeys(one.example.caption for one in shown))
        prompts = prompts[: None if self.settings.prompts else MOST_PROMPTS]
        steps, scale, negative = self._drawing()
        meanings = [self.model.encode(prompt, negative, guided=True) for prompt in prompts]
        _, height, width = learned.lessons[0].latents.shape
        return CheckPictures(self.model, prompts, meanings, (height, width), steps, scale)

    def _drawing(self) -> tuple[int, float, str]:
        """Return the steps, the guidance and the negative prompt that the base draws with."""
        noted = model_defaults(self.model.folder)
        negative, scale = str(noted.get("negative_prompt", "")), float(noted.get("guidance_scale", 5.0))
        return int(noted.get("steps", 20)), scale, negative

    def _prior(self, learned: "Lessons", resolution: int) -> "Prior | None":
        """Let the base draw what the LoRA is held to; None where it is held to nothing."""
        from framesmooth.training.lessons import Lessons, encode_captions, encode_lessons, sizes_of
        from framesmooth.training.prior import Prior, Way, prior_captions, prior_pictures

        settings, factor = self.settings, self.model.family.factor
        count = settings.prior_pictures
        if count == 0:
            return None
        captions = prior_captions([one.caption for one in self.data.examples], settings.trigger_word, count)
        shapes = dict.fromkeys(one.latents.shape[1:] for one in learned.lessons)
        steps, scale, negative = self._drawing()
        with stage(self.emit, "draw", count, "pictures") as advance:
            lessons = encode_lessons(
                self.model,
                prior_pictures(
                    self.model,
                    self.folder / "prior",
                    captions,
                    [(height * factor, width * factor) for height, width in shapes],
                    Way(steps, scale, negative, settings.seed),
                    self.base,
                    advance,
                ),
                sizes_of(resolution, SIZE_MULTIPLE),
                flip=settings.flip,
                advance=lambda _: None,
            )
        unsaid = tuple(dict.fromkeys(("", negative)))
        held = Lessons(lessons, encode_captions(self.model, [*captions, *unsaid]), unsaid)
        return Prior(held, settings.prior_weight, max((settings.batch or _BATCH) // 2, 1), _UNSAID)

    def _write(
        self,
        adapter: "Adapter",
        part: str,
        outcome: "Outcome",
        plan: "Plan",
        resolution: int,
        learned: "Lessons",
    ) -> None:
        """Write the file, with all that other programs show of it."""
        from framesmooth.training.lora_file import file_metadata, kind_of, write_lora

        settings, model = self.settings, self.model
        tags = Counter(
            tag.strip() for one in learned.lessons for tag in one.example.caption.split(",") if tag.strip()
        )
        width = int(getattr(model.denoiser.config, "cross_attention_dim", 0) or 0)
        best = outcome.history.best_step
        metadata = file_metadata(
            adapter,
            kind_of(pipeline_class(model.folder), width),
            (resolution, resolution),
            {
                "title": settings.output.stem,
                "trigger": settings.trigger_word,
                "comment": f"trained by framesmooth on {len(self.data.examples)} files, step {best}",
                "base": model.folder.name,
                "steps": best,
                "rate": plan.rate,
                "batch": plan.batch,
                "seed": plan.seed,
                "images": len(learned.lessons),
                "tags": dict(tags.most_common(200)),
            },
        )
        remove_leftovers(settings.output)
        write_lora(settings.output, outcome.history.best, part, metadata)

"""Training a LoRA on pictures of one's own."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from framesmooth.errors import UsageError, require_packages
from framesmooth.events import Notice, stage
from framesmooth.models.checkpoints import is_checkpoint, model_defaults, pipeline_class, weight_hashes
from framesmooth.reports.loss_plot import write_loss_plot
from framesmooth.video import write_text
from framesmooth.video.atomic import remove_leftovers
from framesmooth.workflows.check_data import SIZE_MULTIPLE, report_on, resolution_of
from framesmooth.workflows.check_pictures import MOST_PROMPTS, CheckPictures
from framesmooth.workflows.outputs import check_files
from framesmooth.workflows.settings.train import TrainLoraSettings
from framesmooth.workflows.trained_lora import TrainedLora
from framesmooth.workflows.workflow import NoticeCollector, workflow

if TYPE_CHECKING:
    from framesmooth.models.text_to_image import TextToImage
    from framesmooth.training.dataset import DataSet, Example
    from framesmooth.training.fine_tuning import History, Outcome, Plan
    from framesmooth.training.lessons import Lesson, Lessons
    from framesmooth.training.lora import Adapter

_STEPS: Final = 1000
_RATES: Final = {True: 1e-3, False: 1e-4}
"""Learning rates of small denoisers and of others."""
_LARGE: Final = 500_000_000
"""Weights of a denoiser from which on it is trained with gradient checkpointing."""
_FEWEST_HELD_OUT: Final = 8
_DECIDES_NOTHING: Final = ("output", "device", "overwrite", "on_event", "pictures", "prompts", "minutes")
"""Settings without influence on the weights."""


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
        report = report_on(data, settings, advance)
    for problem in report.problems:
        if problem.fatal:
            raise UsageError(f"nothing can be learned from {settings.data}: {problem}")
        emit(Notice(str(problem), warning=True))
    from framesmooth.training.base_model import load_base

    with stage(emit, "load model"):
        model = load_base(settings.model, config=settings.config, device=settings.device)
    return _Training(settings, folder, data, model, emit).run()


def _check_output(settings: TrainLoraSettings) -> None:
    if settings.output.suffix != ".safetensors":
        raise UsageError(f"-o {settings.output}: a LoRA is a .safetensors file, name it so")
    check_files((), (settings.output,), overwrite=settings.overwrite)


@dataclass(frozen=True)
class _Training:
    """One training: the data, the base, and what is shown on the way."""

    settings: TrainLoraSettings
    folder: Path
    data: "DataSet"
    model: "TextToImage"
    emit: NoticeCollector

    def run(self) -> TrainedLora:
        """Encode, train, write."""
        from framesmooth.training.base_model import ready_to_train
        from framesmooth.training.fine_tuning import fine_tune
        from framesmooth.training.lora import SMALL, Adapter, weights_of
        from framesmooth.training.networks import objective_of
        from framesmooth.training.precision import prepare

        settings, model = self.settings, self.model
        objective = objective_of(model.family, model.folder.name)
        count = weights_of(model.denoiser)
        resolution = resolution_of(settings, model.folder)
        learned, held_out = self._lessons(resolution)
        drawn = self._prepare_pictures(learned, held_out)
        plan = self._plan(count < SMALL)
        large = count > _LARGE if settings.gradient_checkpointing is None else settings.gradient_checkpointing
        ready_to_train(model, checkpointing=large)
        prepare(model.device, settings.seed)
        layers = settings.layers or ("all" if count < SMALL else "attention")
        adapter = Adapter.add(model.denoiser, objective.part, settings.rank, layers)
        begun = (self.folder / "lora.pt").exists()
        if not begun and drawn is not None:
            drawn.write(self.folder, 0)

        total = plan.steps if plan.minutes is None else 1000
        with stage(self.emit, "train", total, "steps" if plan.minutes is None else "‰") as advance:
            seen = 0

            def told(steps: int, progress: float) -> None:
                nonlocal seen
                reached = seen + steps if plan.minutes is None else round(progress * 1000)
                advance(reached - seen)
                seen = reached

            def checked(history: "History") -> None:
                write_loss_plot(
                    self.folder / "loss.png",
                    history.steps,
                    history.trained,
                    history.held_out,
                    history.best_step,
                )
                if drawn is not None:
                    drawn.write(self.folder, history.steps[-1])

            outcome = fine_tune(
                model, objective, adapter, learned, held_out, plan, self.folder,
                key=self._key(plan), anew=self.settings.overwrite, advance=told, on_check=checked,
            )  # fmt: skip
        self._write(adapter, objective.part, outcome, plan, resolution, learned)
        return self._result(outcome, learned, held_out)

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
        noted = model_defaults(self.model.folder)
        negative, scale = str(noted.get("negative_prompt", "")), float(noted.get("guidance_scale", 5.0))
        meanings = [self.model.encode(prompt, negative, guided=True) for prompt in prompts]
        _, height, width = learned.lessons[0].latents.shape
        return CheckPictures(
            self.model, prompts, meanings, (height, width), int(noted.get("steps", 20)), scale
        )

    def _plan(self, small: bool) -> "Plan":
        from framesmooth.training.fine_tuning import Plan

        settings = self.settings
        endless = settings.steps is None and settings.minutes is None
        return Plan(
            minutes=settings.minutes,
            steps=_STEPS if endless else settings.steps,
            rate=settings.rate or _RATES[small],
            batch=settings.batch,
            dropout=settings.caption_dropout,
            checks=settings.checks,
            patience=settings.patience,
            seed=settings.seed,
        )

    def _key(self, plan: "Plan") -> str:
        """Return what decides the weights as one hash: settings, base, pictures and captions."""
        settings, digest = self.settings, hashlib.sha256()
        decided = {
            each.name: str(getattr(settings, each.name))
            for each in fields(settings)
            if each.name not in (*_DECIDES_NOTHING, "steps", "data", "model", "config")
        }
        checkpoint = Path(settings.model).expanduser() if is_checkpoint(settings.model) else None
        facts = decided | {"steps": plan.steps, "base": weight_hashes(self.model.folder, checkpoint)}
        digest.update(json.dumps(facts, sort_keys=True, default=str).encode())
        for one in self.data.examples:
            digest.update(f"{one.path.relative_to(self.data.folder)}\0{one.caption}\0".encode())
            digest.update(hashlib.sha256(one.path.read_bytes()).digest())
        return digest.hexdigest()

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

    def _result(self, outcome: "Outcome", learned: "Lessons", held_out: "Lessons | None") -> TrainedLora:
        history = outcome.history
        if outcome.resumed_at:
            self.emit(Notice(f"went on from step {outcome.resumed_at}"))
        if outcome.stopped_early:
            told = (
                f"ended early at step {outcome.steps}: the held-out part is best at step {history.best_step}"
            )
            self.emit(Notice(told))
        judged = () if held_out is None else held_out.lessons
        result = TrainedLora(
            output=self.settings.output,
            folder=self.folder,
            steps=outcome.steps,
            best_step=history.best_step,
            minutes=outcome.minutes,
            held_out=tuple(history.held_out),
            stopped_early=outcome.stopped_early,
            learned_from=len({one.example.path for one in learned.lessons}),
            judged_by=tuple(dict.fromkeys(one.example.path.name for one in judged)),
            resumed_at=outcome.resumed_at,
            notices=self.emit.notices,
        )
        write_text(self.folder / "training.json", json.dumps(result.as_dict(), indent=2) + "\n")
        return result


def held_out_files(examples: "tuple[Example, ...]", share: float, seed: int) -> frozenset[Path]:
    """Return the files that are judged and not learned from; none where there are few."""
    files = [one.path for one in examples]
    if share == 0 or len(files) < _FEWEST_HELD_OUT:
        return frozenset()
    count = max(round(share * len(files)), 1)
    drawn = np.random.default_rng([seed, 2]).permutation(len(files))[:count]
    return frozenset(files[int(at)] for at in drawn)

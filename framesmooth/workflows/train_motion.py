"""Training a motion adapter on clips of one's own."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from framesmooth.errors import OutputExists, UsageError, require_packages
from framesmooth.events import stage
from framesmooth.models.weight_hashes import weights_sha256
from framesmooth.workflows.check_data import SIZE_MULTIPLE, report_on, resolution_of, with_clips
from framesmooth.workflows.settings.train import TrainMotionSettings
from framesmooth.workflows.trained_motion import TrainedMotion
from framesmooth.workflows.training_run import TrainingRun, held_out_files, refuse_unusable
from framesmooth.workflows.workflow import NoticeCollector, workflow

if TYPE_CHECKING:
    from framesmooth.training.clips import ClipLessons

_RATE: Final = 1e-4
_BATCH: Final = 1
_MADE: Final = ("config.json", "diffusion_pytorch_model.safetensors")
"""What the folder of an adapter holds."""


@workflow(TrainMotionSettings)
def train_motion(settings: TrainMotionSettings) -> TrainedMotion:
    """Train a motion adapter (AnimateDiff) for a Stable Diffusion model on a folder of clips with captions.

    The arguments are those of :class:`TrainMotionSettings`. The result is a folder in diffusers' format, for
    ``generate --motion-adapter``. What belongs to the training is in a folder beside it, ``motion.training``
    for ``motion``; the same call goes on with one that was stopped.

    Raises:
        UsageError: data that nothing can be learned from, or settings other than those of a stopped training.
        ModelError: a model that cannot be loaded, or that there are no motion adapters for.
        OutputExists: a folder that is there already.

    Example:
        >>> import framesmooth as fs
        >>> try:
        ...     fs.train_motion("pictures", output="sway", resolution=64)
        ... except fs.FramesmoothError as error:
        ...     print(str(error)[:48])
        nothing can be learned from pictures: no clip ho
    """
    require_packages("training")
    _check_output(settings)
    from framesmooth.training.dataset import read_dataset

    emit = NoticeCollector(settings.on_event)
    folder = settings.output.with_name(f"{settings.output.name}.training")
    data = read_dataset(Path(settings.data), settings.trigger_word)
    with stage(emit, "check", len(data.examples), "files") as advance:
        report = report_on(data, settings, advance, clip_frames=2)
    with stage(emit, "look for cuts", len(data.clips), "clips") as advance:
        report = with_clips(report, data, settings.frames, settings.fps, advance)
    refuse_unusable(report, settings.data, emit)
    from framesmooth.training.base_model import load_base

    with stage(emit, "load model"):
        model = load_base(settings.model, config=settings.config, device=settings.device)
    return _MotionRun(settings, folder, data, model, emit).run()


def _check_output(settings: TrainMotionSettings) -> None:
    output = settings.output
    if output.suffix == ".safetensors" or output.is_file():
        raise UsageError(f"-o {output}: a motion adapter is a folder, give one")
    held = [path.name for path in output.iterdir()] if output.is_dir() else []
    if held and not settings.overwrite:
        raise OutputExists(f"{output} is there already: give --overwrite to replace it, or another name")
    strange = next((name for name in held if name not in _MADE), None)
    if strange is not None:
        raise UsageError(f"-o {output} holds {strange}, which is no part of a motion adapter: name another")


@dataclass(frozen=True)
class _MotionRun(TrainingRun):
    """One training of a motion adapter."""

    settings: TrainMotionSettings

    def run(self) -> TrainedMotion:
        """Encode, train, write."""
        from framesmooth.training.base_model import ready_to_train
        from framesmooth.training.lora import weights_of
        from framesmooth.training.motion_layers import MotionDiffusion, MotionLayers
        from framesmooth.training.precision import prepare

        settings, model = self.settings, self.model
        prepare(model.device, settings.seed)
        start = settings.motion_adapter
        layers = MotionLayers.add(model, start, settings.frames)
        learned, held_out = self._lessons()
        ready_to_train(model, checkpointing=self.checkpointing(weights_of(model.denoiser)))
        for weight in layers.weights:
            weight.requires_grad_(True)
        begun = (
            None if start is None else {one.name: weights_sha256(one) for one in start.glob("*.safetensors")}
        )
        outcome = self.train(
            MotionDiffusion(model.family), layers, learned, held_out, self.plan(_RATE, _BATCH), more=begun
        )
        layers.save(settings.output, outcome.history.best)
        result = TrainedMotion(**self.told(outcome, learned, held_out))
        self.note(result.as_dict())
        return result

    def _lessons(self) -> "tuple[ClipLessons, ClipLessons | None]":
        """Encode the clips; return what is learned from, and what is held out, None for nothing."""
        from framesmooth.training.clips import ClipLessons, encode_shots
        from framesmooth.training.lessons import encode_captions, sizes_of

        settings, model = self.settings, self.model
        resolution = resolution_of(settings, model.folder)
        with stage(self.emit, "encode", len(self.data.clips), "clips") as advance:
            lessons = encode_shots(
                model,
                self.data,
                sizes_of(resolution, SIZE_MULTIPLE),
                frames=settings.frames,
                fps=settings.fps,
                flip=settings.flip,
                advance=advance,
            )
            meanings = encode_captions(model, [one.example.caption for one in lessons])
        shots = tuple({one.example.path: one.example for one in lessons}.values())
        apart = held_out_files(shots, settings.held_out, settings.seed)
        learned = tuple(one for one in lessons if one.example.path not in apart)
        judged = tuple(one for one in lessons if one.example.path in apart)
        frames = settings.frames
        held_out = ClipLessons(judged, meanings, frames=frames) if judged else None
        return ClipLessons(learned, meanings, frames=frames), held_out

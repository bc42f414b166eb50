"""Evaluating a model: how well it reconstructs, follows and resembles a data set."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from framesmooth.errors import UsageError, require_packages
from framesmooth.events import Notice, stage
from framesmooth.frames import Frame
from framesmooth.metrics.measure import measure
from framesmooth.models.checkpoints import model_defaults
from framesmooth.models.native_side import native_side
from framesmooth.reports.evaluation_page import evaluation_page
from framesmooth.reports.page import write_page
from framesmooth.workflows.generate.keyframes import kept_out
from framesmooth.workflows.outputs import check_files
from framesmooth.workflows.settings.evaluate import EvaluateSettings
from framesmooth.workflows.workflow import NoticeCollector, workflow

if TYPE_CHECKING:
    from framesmooth.models.text_to_image import TextToImage
    from framesmooth.training.judges import Judge

CLIP_METRICS: Final = ("flicker_score", "warping_error", "dynamic_degree")
_STEPS, _GUIDANCE = 20, 5.0
_MULTIPLE: Final = 32

Pair = tuple[Frame, str]


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """How good a model is at a data set.

    Attributes:
        judge: what told what pictures show.
        reconstruction: of the autoencoder: mean PSNR in dB, the worst tenth, mean SSIM.
        agreement: how well drawn pictures agree with their captions, by figure; empty where nothing can tell.
        agreement_of_data: the same of the data's own pictures: what can be reached.
        distances: to the data: "frechet", "kernel", and "frechet_floor", that of two halves of the data.
        diversity: mean distance of drawn pictures, of that of the data's.
        flicker: mean of each metric over the generated clips; empty without clips.
        drawn: the pictures and their captions.
        references: how many pictures of the data were looked at.
        notices: what the user should know.
    """

    judge: str
    reconstruction: Mapping[str, float]
    agreement: Mapping[str, float]
    agreement_of_data: Mapping[str, float]
    distances: Mapping[str, float]
    diversity: float
    flicker: Mapping[str, float]
    drawn: tuple[Pair, ...]
    references: int
    notices: tuple[Notice, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON."""
        return {
            "judge": self.judge,
            "pictures": len(self.drawn),
            "references": self.references,
            "reconstruction": _rounded(self.reconstruction),
            "agreement": _rounded(self.agreement),
            "agreement_of_data": _rounded(self.agreement_of_data),
            "distances": _rounded(self.distances),
            "diversity": round(self.diversity, 4),
            "flicker": _rounded(self.flicker),
        }


def _rounded(figures: Mapping[str, float]) -> dict[str, float]:
    return {name: round(float(value), 5) for name, value in figures.items()}


@workflow(EvaluateSettings)
def evaluate(settings: EvaluateSettings) -> Evaluation:
    """Measure how well a model reconstructs the images of a data set, follows its captions and resembles it.

    The arguments are those of :class:`EvaluateSettings`.

    Raises:
        UsageError: data without captions, or too little of it.
        ModelError: a model that cannot be loaded.
        MediaError: a picture that cannot be read.

    Example:
        >>> import framesmooth as fs
        >>> found = fs.evaluate("storybook", "pictures", pictures=4, steps=1, resolution=64)
        >>> sorted(found.distances)
        ['frechet', 'frechet_floor', 'kernel']
    """
    require_packages("evaluating a model")
    check_files((), (settings.html_file,), overwrite=settings.overwrite)
    from framesmooth.models.loading import load_pipeline

    emit = NoticeCollector(settings.on_event)
    known = _references(settings, emit)
    with stage(emit, "load model"):
        model = load_pipeline(settings.model, device=settings.device, loras=list(settings.loras))
    redrawn = _reconstruction(model, [frame for frame, _ in known], emit)
    judge = _judge(settings, model, known, emit)
    drawn = _drawn(settings, model, known, emit)
    flicker = _flicker(settings, [caption for _, caption in drawn], emit)
    with stage(emit, "judge"):
        found = _compared(judge, known, drawn)
    made = Evaluation(
        judge=judge.name,
        reconstruction=redrawn,
        flicker=flicker,
        drawn=tuple(drawn),
        references=len(known),
        notices=emit.notices,
        **found,
    )
    if settings.html_file is not None:
        write_page(settings.html_file, evaluation_page(settings.model, settings.data, made.as_dict(), drawn))
    return made


def _references(settings: EvaluateSettings, emit: NoticeCollector) -> list[Pair]:
    """Read pictures of the data, one of each clip, evenly spread."""
    from framesmooth.training.dataset import frames_of, read_dataset

    data = read_dataset(Path(settings.data), settings.trigger_word)
    captioned = [one for one in data.examples if one.caption]
    silent = len(data.examples) - len(captioned)
    if silent:
        emit(Notice(f"{silent} files without a caption are left out", warning=True))
    if len(captioned) < 4:
        raise UsageError(f"{settings.data} has {len(captioned)} captions: a model is judged by 4 at least")
    chosen = [captioned[at] for at in _spread(len(captioned), settings.references)]
    with stage(emit, "read", len(chosen), "files") as advance:
        known = []
        for example in chosen:
            known += [(frame, one.caption) for one, frame in frames_of(example, 1)]
            advance(1)
    return known


def _spread(total: int, count: int) -> list[int]:
    return [int(at) for at in np.linspace(0, total - 1, min(count, total)).round()]


def _reconstruction(model: "TextToImage", frames: Sequence[Frame], emit: NoticeCollector) -> dict[str, float]:
    """Encode and decode pictures; what is lost is lost to everything that the model draws."""
    from framesmooth.training.lessons import encode_picture, size_for, sizes_of
    from framesmooth.video.resize import fitted

    side = native_side(model.folder) or 512
    sizes, levels = sizes_of(side, _MULTIPLE), {"psnr": list[float](), "ssim": list[float]()}
    with stage(emit, "reconstruct", len(frames), "pictures") as advance:
        for frame in frames:
            shown = fitted(frame, size_for(frame, sizes))
            (again,) = model.decode(encode_picture(model, shown)[None])
            report = measure([again], reference=[shown], metrics=tuple(levels))
            for name, found in levels.items():
                mean = report[name].mean
                found += [] if mean is None else [mean]
            advance(1)
    tenth = float(np.quantile(levels["psnr"], 0.1))
    means = {name: float(np.mean(found)) for name, found in levels.items() if found}
    return means | {"psnr_worst_tenth": tenth}


def _judge(
    settings: EvaluateSettings, model: "TextToImage", known: Sequence[Pair], emit: NoticeCollector
) -> "Judge":
    from framesmooth.training.judges import FEWEST_PICTURES, ClipJudge, LatentJudge, train_word_reader

    if settings.clip_model is not None:
        return ClipJudge.load(settings.clip_model)
    if len(known) >= FEWEST_PICTURES:
        with stage(emit, "train reader", settings.reader_steps, "steps") as advance:
            reader = train_word_reader(
                [frame for frame, _ in known],
                [caption for _, caption in known],
                steps=settings.reader_steps,
                seed=settings.seed,
                device=model.device,
                advance=advance,
            )
        if reader is not None:
            return reader
    why = f"{len(known)} pictures are too few for a reader, which needs {FEWEST_PICTURES}"
    why = why if len(known) < FEWEST_PICTURES else "no words of the captions tell pictures apart"
    emit(Notice(f"{why}: agreement is not judged; give --clip-model", warning=True))
    return LatentJudge(lambda frame: _latents(model, frame))


def _latents(model: "TextToImage", frame: Frame) -> Any:
    from framesmooth.training.lessons import encode_picture
    from framesmooth.video.resize import fitted

    side = native_side(model.folder) or 512
    return encode_picture(model, fitted(frame, (side, side)))


def _drawn(
    settings: EvaluateSettings, model: "TextToImage", known: Sequence[Pair], emit: NoticeCollector
) -> list[Pair]:
    """Draw captions of the data."""
    from framesmooth.models.drawing import draw
    from framesmooth.models.families.base import Guidance

    captions = [known[at][1] for at in _spread(len(known), settings.pictures)]
    noted = model_defaults(model.folder)
    negative = str(noted.get("negative_prompt", ""))
    scale = settings.guidance_scale
    guidance = Guidance(scale=float(noted.get("guidance_scale", _GUIDANCE)) if scale is None else scale)
    guided = model.family.negates(guidance)
    side = settings.resolution or native_side(model.folder) or 512
    side = max(side // model.multiple, 1) * model.multiple
    with stage(emit, "draw", len(captions), "pictures") as advance:
        frames = draw(
            model,
            [model.encode(caption, kept_out(caption, negative), guided=guided) for caption in captions],
            range(settings.seed, settings.seed + len(captions)),
            size=(side, side),
            steps=settings.steps or int(noted.get("steps", _STEPS)),
            guidance=guidance,
            batch=4,
            advance=advance,
        )
    return list(zip(frames, captions, strict=True))


def _compared(judge: "Judge", known: Sequence[Pair], drawn: Sequence[Pair]) -> dict[str, Any]:
    from framesmooth.training.set_distances import diversity, frechet_distance, kernel_distance

    real, real_captions = zip(*known, strict=True)
    made, made_captions = zip(*drawn, strict=True)
    of_data, of_model = judge.features(real), judge.features(made)
    order = np.random.default_rng(0).permutation(len(of_data))
    halves = of_data[order[::2]], of_data[order[1::2]]
    return {
        "agreement": judge.agreement(made, made_captions),
        "agreement_of_data": judge.agreement(real, real_captions),
        "distances": {
            "frechet": frechet_distance(of_model, of_data),
            "kernel": kernel_distance(of_model, of_data),
            "frechet_floor": frechet_distance(*halves),
        },
        "diversity": diversity(of_model, of_data),
    }


def _flicker(settings: EvaluateSettings, captions: Sequence[str], emit: NoticeCollector) -> dict[str, float]:
    """Generate short clips, smoothed as usual, and measure them."""
    if not settings.clips:
        return {}
    from framesmooth.models.pool import ModelPool
    from framesmooth.workflows.generate.api import generate

    same = ("num_frames", "seed", "model", "device")
    asked: dict[str, Any] = {name: getattr(settings, name) for name in same}
    asked["loras"] = list(settings.loras)
    if settings.steps is not None:
        asked["steps"] = settings.steps
    if settings.resolution is not None:
        asked |= {"width": settings.resolution, "height": settings.resolution}
    chosen = [captions[at] for at in _spread(len(captions), settings.clips)]
    reports, pool = [], ModelPool()
    with (
        tempfile.TemporaryDirectory(prefix="framesmooth-") as folder,
        stage(emit, "generate clips", len(chosen), "clips") as advance,
    ):
        for number, caption in enumerate(chosen):
            made = generate(caption, Path(folder) / f"{number}.mkv", pool=pool, **asked)
            reports.append(made.after)
            advance(1)
    means = {name: [report[name].mean for report in reports if name in report] for name in CLIP_METRICS}
    known = {name: [one for one in found if one is not None] for name, found in means.items()}
    return {name: float(np.mean(found)) for name, found in known.items() if found}

"""The settings of ``measure``, and those that it shares with ``compare``."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from framesmooth.errors import UsageError
from framesmooth.registry import names
from framesmooth.setting import Setting
from framesmooth.workflows.encoding_settings import Overwrite
from framesmooth.workflows.settings.pipes import PipeInputSettings
from framesmooth.workflows.settings.shared import REPORTS, Flow, FlowWeights, Guide, Source
from framesmooth.workflows.workflow import WorkflowSettings

if TYPE_CHECKING:
    from framesmooth.metrics.base import Watcher
    from framesmooth.metrics.motion_stream import FlowOn
    from framesmooth.workflows.inputs import ClipInput


def parse_weights(text: str) -> tuple[str, Path]:
    """Turn "clip_consistency=clip/" into ("clip_consistency", Path("clip")).

    Raises:
        UsageError: anything else.
    """
    metric, _, folder = text.partition("=")
    if metric not in names("metric") or not folder:
        raise UsageError(f"{text!r} is no NAME=FOLDER: write clip_consistency=FOLDER")
    return metric, Path(folder)


@dataclass(frozen=True)
class MeasuringSettings(WorkflowSettings):
    """What clips are measured against, along which motion, and what is written of it."""

    heading: ClassVar = REPORTS

    _: KW_ONLY
    reference: Annotated[
        "ClipInput | None",
        Setting(
            options=("-r", "--reference"),
            everyday=True,
            metavar="REF",
            written=str | None,
            help="The same clip without flicker: motion is estimated on it unless --guide is given, and "
            "metrics that compare with it are added.",
        ),
    ] = None
    guide: Guide = None
    flow: Flow = "dis-fine"
    flow_weights: FlowWeights = None
    csv_file: Annotated[
        Path | None,
        Setting(
            options=("--csv",),
            metavar="FILE",
            place="file",
            help="Write the metrics of every frame as CSV.",
        ),
    ] = None
    html_file: Annotated[
        Path | None,
        Setting(
            options=("--html",),
            metavar="FILE",
            place="file",
            help="Write a page with plots, heat maps and the worst frames; it works offline.",
        ),
    ] = None
    json_file: Annotated[
        str | os.PathLike[str] | None,
        Setting(
            has_option=False,
            written=object,
            help="A file that the caller is going to write; it is only checked that it may be.",
        ),
    ] = None
    overwrite: Overwrite = False

    @property
    def files(self) -> tuple[str | os.PathLike[str] | None, ...]:
        """What is written."""
        return self.json_file, self.csv_file, self.html_file


@dataclass(frozen=True)
class MetricSettings(MeasuringSettings):
    """Which metrics are measured."""

    heading: ClassVar = "Metrics"

    _: KW_ONLY
    metrics: Annotated[
        Sequence[str] | None,
        Setting(
            options=("--metric",),
            everyday=True,
            choices=lambda: names("metric"),
            written=tuple[str, ...],
            metavar="NAME",
            unset="the usual ones that apply",
            help=f"Only this one; may be given several times: {', '.join(names('metric'))}.",
        ),
    ] = None
    weights: Annotated[
        Mapping[str, Path] | Sequence[tuple[str, Path]],
        Setting(
            everyday=True,
            parse=parse_weights,
            written=tuple[tuple[str, Path], ...],
            metavar="NAME=FOLDER",
            help="The local model of a metric that needs one, in the format of transformers.",
        ),
    ] = ()


@dataclass(frozen=True)
class MeasureSettings(MetricSettings):
    """How one clip is measured."""

    heading: ClassVar = "Metrics"

    source: Source
    _: KW_ONLY
    flow_on: Annotated[
        "FlowOn | None",
        Setting(
            has_option=False,
            written=object,
            help='Whose motion it is: of the measured clip ("self": the reference is the input, which '
            'flickers), of the "reference", which is clean, or of the "guide"; None is the guide if given, '
            "else the reference if given.",
        ),
    ] = None
    is_clean: Annotated[
        bool | None,
        Setting(
            has_option=False,
            unset='yes unless flow_on is "self"',
            help="Whether the reference is the clip without flicker.",
        ),
    ] = None
    watchers: Annotated[
        "Sequence[Watcher]",
        Setting(has_option=False, written=object, help="Are handed all that the metrics are."),
    ] = ()


@dataclass(frozen=True)
class MeasureClipsSettings(MetricSettings, PipeInputSettings):
    """How several clips are measured alike; the options of ``framesmooth measure``."""

    heading: ClassVar = "Metrics"

    sources: Annotated[
        Sequence[str | os.PathLike[str]],
        Setting(
            has_option=False,
            written=object,
            help="Paths of the clips; a folder of clips stands for those in it.",
        ),
    ] = field(default=())

"""The settings of ``batch``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

from annotated_types import Interval

from framesmooth.setting import Setting, SettingGroup
from framesmooth.workflows.batch.sharding import parse_shard

_WORKERS = "Workers"


@dataclass(frozen=True, kw_only=True)
class BatchSettings(SettingGroup):
    """Which jobs are done, and by whom; the options of ``framesmooth batch``."""

    heading: ClassVar = "Jobs"

    files: Annotated[tuple[Path, ...], Setting(has_option=False, help="Files of jobs.")]
    output: Annotated[Path, Setting(has_option=False, help="The folder of the results.")]
    workers: Annotated[
        Annotated[int, Interval(ge=1, le=1024)] | None,
        Setting(
            everyday=True,
            heading=_WORKERS,
            metavar="N",
            unset="one for each GPU; one without a GPU",
            help="How many jobs are done at a time. Without a GPU they share the threads of OMP_NUM_THREADS, "
            "or of all processors.",
        ),
    ] = None
    shard: Annotated[
        tuple[int | None, int] | None,
        Setting(
            everyday=True,
            heading=_WORKERS,
            metavar="K/N",
            parse=parse_shard,
            unset="that of a Slurm array or of torchrun; all jobs elsewhere",
            help="Only do part K of N, from 1/N to N/N. /N takes K from the environment of Slurm, torchrun "
            "or a Kubernetes index.",
        ),
    ] = None
    ray: Annotated[
        str | None,
        Setting(
            heading=_WORKERS,
            metavar="local|auto|ADDRESS",
            help="Let actors of Ray do the jobs: started here, on the cluster that this machine is in, or on "
            "the one at ADDRESS, whose machines see the same folders.",
        ),
    ] = None
    retries: Annotated[
        Annotated[int, Interval(ge=0, le=100)],
        Setting(everyday=True, metavar="N", help="How often a job that failed is tried again."),
    ] = 1
    again: Annotated[
        bool, Setting(help="Also retry jobs that were given up because two workers crashed on them.")
    ] = False
    overwrite: Annotated[
        bool,
        Setting(
            everyday=True,
            help="Make results anew that were made with other settings, and replace files that are no "
            "result of the batch.",
        ),
    ] = False

"""``framesmooth resume``: continues a run that was stopped."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Literal

import click

from framesmooth.cli.options import common
from framesmooth.cli.options.command import EVERYDAY, FormerOption, HeadedCommand, Replacement, headed_option
from framesmooth.cli.options.from_settings import options_of
from framesmooth.workflows.encoding_settings import EncodingSettings
from framesmooth.workflows.generate.moved_paths import NAMES
from framesmooth.workflows.generate.setting_groups.model import ComputeSettings, ModelSettings


class NamedPath(click.ParamType[tuple[str, str]]):
    """Where a file of a run is now: NAME=PATH."""

    name = "name=path"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Turn "model=models/dreamer" into ("model", "models/dreamer")."""
        if isinstance(value, tuple):
            return value
        name, _, path = str(value).partition("=")
        if name not in NAMES or not path:
            self.fail(f"{value!r} is no NAME=PATH: NAME is one of {', '.join(NAMES)}", param, ctx)
        return name, path


def _as_path(name: str) -> Replacement:
    def now(values: Sequence[str]) -> Sequence[str]:
        return "--path", f"{name}={values[-1]}"

    return now


_FORMER: Final = {
    f"--{name}": FormerOption(2 if name == "control" else 1, f"--path {name}=PATH", _as_path(name))
    for name in NAMES
}  # --control took the kind of control as well
"""The options that --path has taken the place of."""


@click.command(cls=HeadedCommand, former=_FORMER)
@click.argument("run", metavar="RUN", type=click.Path(path_type=Path))
@headed_option(
    "--path",
    "paths",
    type=NamedPath(),
    multiple=True,
    metavar="NAME=PATH",
    heading=EVERYDAY,
    help="Where a file is that the record knows by name only; repeatable, once per LoRA. NAME is one of "
    f"{', '.join(NAMES)}.",
)
@headed_option(
    "--force",
    is_flag=True,
    heading=EVERYDAY,
    help="Continue although settings, model or libraries have changed; frames that only another version of a "
    "library made are kept.",
)
@options_of(EncodingSettings, only=("overwrite", "sign"))
@options_of(ModelSettings, only=("allow_download",))
@options_of(ComputeSettings, only=("low_vram", "cpu_offload", "workers"))
@common.table
@common.json_file
@common.common
def resume(
    run: Path,
    paths: tuple[tuple[str, str], ...],
    low_vram: bool,
    cpu_offload: bool,
    workers: int | Literal["ray"],
    force: bool,
    allow_download: bool,
    sign: Path | None,
    overwrite: bool,
    table: bool,
    json_file: str | None,
    progress: str,
) -> None:
    """Finish the clip of the run folder RUN, with the settings in its record.

    Existing, undamaged frames are kept, and the clip is the same as if the run had not been stopped.
    If settings, model or libraries differ from those that the run began with, the differences are shown and
    nothing is done. A record holds no paths outside the folder of the clip: give with --path where the model,
    sound, images and other files are.

    \b
    Examples:
      framesmooth resume clip.framesmooth
      framesmooth resume clip.framesmooth --path model=~/models/dreamer --path audio=song.mp3
      framesmooth resume clip.framesmooth --force
    """  # fmt: skip
    from framesmooth.cli.generate import show_made
    from framesmooth.cli.interruption import reporting_how_to_resume
    from framesmooth.cli.progress import progress_listener
    from framesmooth.runs import RunFolder
    from framesmooth.workflows.generate.resume import Resume, resume_run

    how = Resume(
        paths=paths,
        low_vram=low_vram,
        cpu_offload=cpu_offload,
        workers=workers,
        sign=sign,
        overwrite=overwrite,
        force=force,
        allow_download=allow_download,
    )
    with reporting_how_to_resume(RunFolder(run), paths), progress_listener(progress) as emit:
        made = resume_run(run, how, emit)
    if isinstance(made, Path):
        click.echo(f"{made} is complete already", err=True)
        click.echo(made)
    else:
        show_made(made, json_file, table=table)

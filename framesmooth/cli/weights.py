"""Models for the metrics that need one."""

from pathlib import Path
from typing import Any

import click

from framesmooth.plugins import names


class WeightsType(click.ParamType[tuple[str, Path]]):
    """The folder of a metric's model, NAME=FOLDER."""

    name = "name=folder"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Path]:
        """Turn "clip_consistency=clip/" into ("clip_consistency", Path("clip"))."""
        if isinstance(value, tuple):
            return value
        metric, _, folder = str(value).partition("=")
        if metric not in names("metric") or not folder:
            self.fail(f"{value!r} is no NAME=FOLDER: write clip_consistency=FOLDER", param, ctx)
        return metric, Path(folder)

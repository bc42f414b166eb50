"""The settings of ``diagnose``."""

from dataclasses import dataclass
from typing import ClassVar

from framesmooth.workflows.settings.shared import Source
from framesmooth.workflows.workflow import WorkflowSettings


@dataclass(frozen=True)
class DiagnoseSettings(WorkflowSettings):
    """Which clip is looked at; the options of ``framesmooth diagnose``."""

    heading: ClassVar = "Clip"

    source: Source

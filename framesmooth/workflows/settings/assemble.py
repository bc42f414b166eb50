"""The settings of ``assemble``."""

from dataclasses import dataclass

from framesmooth.workflows.settings.conversion import ConvertSettings


@dataclass(frozen=True, kw_only=True)
class AssembleSettings(ConvertSettings):
    """How a clip is put together; the options of ``framesmooth assemble``."""

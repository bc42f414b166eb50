"""The settings of the server: one definition for its options, its checks and its documentation."""

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Final

from annotated_types import Interval

from framesmooth import defaults
from framesmooth.errors import UsageError
from framesmooth.models.lora_spec import Lora
from framesmooth.setting import Setting, SettingGroup, setting_of
from framesmooth.workflows.generate.setting_groups.model import ModelSettings

_SIZE: Final = re.compile(r"\s*(\d{1,9})\s*([kmg]?)b?\s*", re.IGNORECASE)
_LARGEST: Final = 500 * 2**20
_FACTORS: Final = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30}
_MODEL: Final = setting_of(ModelSettings, "model").setting
_LORAS: Final = setting_of(ModelSettings, "loras").setting


def parse_size(text: str) -> int:
    """Read bytes: 500mb, 2g, 1000000.

    Raises:
        UsageError: anything else, or nothing at all.
    """
    found = _SIZE.fullmatch(text)
    if found is None or int(found[1]) == 0:
        raise UsageError(f"{text[:40]!r} is no size: write 500mb or 2gb")
    return int(found[1]) * _FACTORS[found[2].lower()]


@dataclass(frozen=True, kw_only=True)
class ServerSettings(SettingGroup):
    """Where the page is served, to whom, and what may be sent to it.

    Raises:
        UsageError: a value out of range, or a host that others reach without ``auth``.
    """

    heading: ClassVar = "Server"

    port: Annotated[
        Annotated[int, Interval(ge=0, le=65535)],
        Setting(everyday=True, help="Port to listen on; 0 is a free one."),
    ] = 7860
    host: Annotated[
        str,
        Setting(
            everyday=True,
            metavar="ADDRESS",
            help="Address to listen on. Any but this machine's own needs --auth.",
        ),
    ] = "127.0.0.1"
    runs: Annotated[
        Path,
        Setting(
            everyday=True, metavar="DIR", help="Folder of everything that is made; it is made if missing."
        ),
    ] = Path("framesmooth-runs")
    auth: Annotated[
        Path | None,
        Setting(
            metavar="FILE",
            unset="none, for this machine only",
            help="File of NAME:PASSWORD lines of those who may use the page; nobody but you may read it.",
        ),
    ] = None
    max_upload: Annotated[
        int | None,
        Setting(
            metavar="SIZE",
            parse=parse_size,
            unset="500mb",
            help="Largest upload, as 500mb or 2gb; also what a .zip of frames may unpack to.",
        ),
    ] = None
    max_frames: Annotated[
        Annotated[int, Interval(ge=1, le=100_000)],
        Setting(metavar="N", help="Longest clip that is taken or made, in frames."),
    ] = 2000
    max_pixels: Annotated[
        Annotated[int, Interval(ge=4096, le=2**26)],
        Setting(metavar="N", help="Largest frame that is taken or made, in pixels."),
    ] = 3840 * 2160
    models: Annotated[
        tuple[str, ...],
        Setting(
            options=("--model",),
            metavar=_MODEL.metavar,
            unset=defaults.MODEL,
            help="Model that the page offers: a name, a folder or a hub id; repeatable. There are no others.",
        ),
    ] = ()
    loras: Annotated[
        tuple[Lora, ...],
        Setting(
            options=("--lora",),
            metavar=_LORAS.metavar,
            parse=_LORAS.parse,
            help="LoRA that the page offers; repeatable. There are no others.",
        ),
    ] = ()
    open: Annotated[bool, Setting(everyday=True, help="Open the page in the browser.")] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.is_local and self.auth is None:
            raise UsageError(
                f"--host {self.host} lets others in: give --auth FILE of NAME:PASSWORD lines, or drop --host"
            )

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches the page."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def largest_upload(self) -> int:
        """Bytes of the largest upload."""
        return _LARGEST if self.max_upload is None else self.max_upload

    @property
    def offered_models(self) -> tuple[str, ...]:
        """The models that the page offers, the first one by default."""
        return self.models or (defaults.MODEL,)

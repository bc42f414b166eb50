"""How a setting is declared in an annotation, and a setting in its group."""

from collections.abc import Callable, Sequence
from dataclasses import MISSING, dataclass
from typing import Any, Literal

from framesmooth.setting.value_type import ValueType


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What is said of a setting besides its type, range and default.

    Attributes:
        help: one sentence or two for the command line and the reference.
        options: spellings on the command line, () for the field's name with dashes.
        formerly: spellings of older versions, which are accepted with a notice: options with their dashes,
            names in Python without.
        key: its name where settings are given flat, "" for the field's name.
        unit: what a number counts: "pixels", "frames per second".
        metavar: what stands for the value in the help, "" for the type's or the unit's name.
        heading: in the help and the reference, "" for the group's.
        unset: what None, or the default, means in words.
        choices: the texts that are accepted, where they are known at run time only.
        parse: reads the value, or one of several, from text.
        separator: what parts the values where one option takes several; "" for a repeatable option.
        everyday: most people need it: the help shows it first.
        has_option: False for what the command line takes in another way.
        names_file: it is a text that may be a path.
        reads_all: ``parse`` reads all values of an option from one text.
        written: the type of a value on the command line, where Python takes objects as well; those are not
            checked here.
        place: what is written there, which is refused at once where it cannot be.
    """

    help: str
    options: tuple[str, ...] = ()
    formerly: tuple[str, ...] = ()
    key: str = ""
    unit: str = ""
    metavar: str = ""
    heading: str = ""
    unset: str = ""
    choices: Callable[[], Sequence[str]] | None = None
    parse: Callable[[str], Any] | None = None
    separator: str = ""
    everyday: bool = False
    has_option: bool = True
    names_file: bool = False
    reads_all: bool = False
    written: Any = None
    place: Literal["", "file", "folder"] = ""


@dataclass(frozen=True, kw_only=True)
class SettingField:
    """A setting in its group.

    Attributes:
        path: names of the groups that it is in, from the outermost, and its own.
        heading: of its group.
        setting: what is said of it.
        type: of its value.
        default: its value where none is given; ``dataclasses.MISSING`` for one that must be given.
    """

    path: tuple[str, ...]
    heading: str
    setting: Setting
    type: ValueType
    default: Any

    @property
    def key(self) -> str:
        """Its name where settings are given flat."""
        return self.setting.key or self.path[-1]

    @property
    def options(self) -> tuple[str, ...]:
        """Its spellings on the command line, the usual one first."""
        return self.setting.options or (f"--{self.path[-1].replace('_', '-')}",)

    @property
    def option(self) -> str:
        """Its usual spelling on the command line, without a dash for what has no option."""
        return max(self.options, key=len) if self.setting.has_option else self.key

    @property
    def choices(self) -> tuple[str, ...]:
        """The texts that are accepted; () where any value of the type is."""
        return tuple(self.setting.choices()) if self.setting.choices is not None else self.type.words

    @property
    def names_file(self) -> bool:
        """Whether it says where a file is."""
        return self.setting.names_file or self.type.holds_path

    @property
    def default_text(self) -> str:
        """Its default in words; "" for one that must be given, or is off."""
        off = self.default is MISSING or self.default is None or self.default is False or self.default == ()
        return self.setting.unset or ("" if off else str(self.default))

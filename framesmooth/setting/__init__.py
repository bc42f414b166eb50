"""One definition of every setting: its type, range, default, unit and help, from which the rest is derived.

A group of settings is a frozen dataclass whose fields are annotated with ``Setting``::

    @dataclass(frozen=True, kw_only=True)
    class SamplingSettings(SettingGroup):
        heading: ClassVar = "Denoising"

        steps: Annotated[
            Annotated[int, Interval(ge=1, le=1000)] | None,
            Setting(help="Denoising steps.", options=("--steps",), unset="the model's own"),
        ] = None

That one field is an option of the command line (``cli.options.from_settings``), a check when the group is
constructed, an entry of the record's JSON schema and a row of the reference
(``workflows.settings_reference``). A group may hold other groups; the key of every setting is unique among
them all, so that settings can be given flat, as keywords. pydantic is imported when the first group is
constructed, not before: help needs no checks.
"""

from framesmooth.setting.checks import form_of
from framesmooth.setting.declaration import Setting, SettingField
from framesmooth.setting.fields import Group, groups_in, setting_of, settings_of
from framesmooth.setting.group import SettingGroup, spellings
from framesmooth.setting.value_type import ValueType, parse_rate, type_of

__all__ = [
    "Group",
    "Setting",
    "SettingField",
    "SettingGroup",
    "ValueType",
    "form_of",
    "groups_in",
    "parse_rate",
    "setting_of",
    "settings_of",
    "spellings",
    "type_of",
]

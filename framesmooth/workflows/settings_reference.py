"""The reference of all settings and the JSON schema of a run's record, derived from their definition."""

from typing import Any

from framesmooth.setting import Group, SettingGroup, form_of, groups_in, settings_of


def reference(group: type[SettingGroup]) -> list[dict[str, str]]:
    """Return a row per setting for the reference: group, name, option, type, range, default, unit, help."""
    return [
        {
            "group": field.heading,
            "name": ".".join(field.path),
            "option": ", ".join(field.options) if field.setting.has_option else "",
            "type": str(field.type),
            "range": f"one of {', '.join(field.choices)}" if field.setting.choices else field.type.accepted,
            "default": field.default_text,
            "unit": field.setting.unit,
            "help": field.setting.help,
        }
        for field in settings_of(group)
    ]


def schema_of(group: type[Group]) -> dict[str, Any]:
    """Return the JSON schema of a group's record: types, ranges, choices, defaults, units and help."""
    schema: dict[str, Any] = form_of(group).model_json_schema()
    schema |= {"title": group.heading or group.__name__, "description": (group.__doc__ or "").split("\n")[0]}
    for name, inner in groups_in(group).items():
        content = schema_of(inner)
        schema.setdefault("$defs", {}).update(content.pop("$defs", {}))
        schema["properties"][name] = content
    return schema


def record_schema() -> dict[str, Any]:
    """Return the JSON schema of ``record.json``, with that of the settings of ``generate`` in it."""
    from framesmooth.runs.record import Record
    from framesmooth.workflows.generate.settings import GenerateSettings

    schema = Record.model_json_schema()
    settings = schema_of(GenerateSettings)
    schema["$defs"] |= settings.pop("$defs")
    schema["$defs"]["GenerateSettings"] = settings
    schema["$defs"]["SettingsRecord"]["properties"]["raw"] = {"$ref": "#/$defs/GenerateSettings"}
    return schema

"""The form of a clip, made from the one definition of its settings."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any, Final

from framesmooth.setting import SettingField, settings_of
from framesmooth.styles.reading import shipped_styles
from framesmooth.ui.creation import LISTED, offered_settings
from framesmooth.ui.settings import ServerSettings
from framesmooth.workflows.generate.settings import GenerateSettings

_WORDS: Final = {"loras": "LoRAs", "3d": "3D"}
_LABELS: Final = {"num_frames": "Length in frames", "smooth_strength": "Smoothing strength",
                  "fps": "Frames per second"}  # fmt: skip
_FIRST: Final[tuple[str, ...]] = ("num_frames", "fps", "width", "height", "smooth_strength", "steps", "seed",
                 "negative_prompt", "style", "camera", "model", "loras")  # fmt: skip

SUGGESTED: Final[Mapping[str, Sequence[str]]] = {
    "camera": (
        "slow dolly in",
        "dolly out",
        "slow pan left",
        "slow pan right",
        "truck right",
        "crane up",
        "orbit left",
        "zoom in",
        "handheld",
        "slow dolly in, pan left then handheld",
    )
}
"""What may be chosen of settings that take any words."""


@dataclass(frozen=True)
class ClipForm:
    """The form's components by the key of their setting, in the order in which they are handed over."""

    components: Mapping[str, Any]

    def values(self, given: Sequence[Any]) -> dict[str, Any]:
        """Return key -> value of what the components hold; defaults are left out."""
        found = {}
        defaults = {field.key: field.default for field in offered_settings()}
        for key, value in zip(self.components, given, strict=True):
            plain = value.strip() if isinstance(value, str) else value
            if isinstance(plain, float) and plain.is_integer():
                plain = int(plain)
            if plain not in ("", None, [], False) and f"{plain}" not in _written(defaults.get(key)):
                found[key] = plain
        return found


def _written(default: Any) -> tuple[str, ...]:
    """Return the ways in which a default may come back from the page."""
    return (str(default), f"{default:g}") if isinstance(default, float) else (str(default),)


def label_of(field: SettingField) -> str:
    """Return what a setting is called on the page."""
    if field.key in _LABELS:
        return _LABELS[field.key]
    words = [_WORDS.get(word, word) for word in field.key.split("_")]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def in_words_of_the_page(sentence: str) -> str:
    """Return a sentence with the labels of the form in place of options of the command line."""
    labels = {
        option: f"“{label_of(field)}”" for field in settings_of(GenerateSettings) for option in field.options
    }
    return re.sub(r"(?<![\w-])--?[A-Za-z][\w-]*", lambda found: labels.get(found[0], found[0]), sentence)


def build_form(owner: ServerSettings) -> ClipForm:
    """Add the components to the page that is being built: everyday settings first, others by their group."""
    import gradio as gr

    fields = {field.key: field for field in offered_settings()}
    shown = [key for key in _FIRST if key in fields and _is_worth_showing(key, owner)]
    shown += [key for key, one in fields.items() if one.setting.everyday and key not in (*shown, *LISTED)]
    components: dict[str, Any] = {}
    with gr.Group(elem_classes="fs-grid"):
        for key in shown:
            components[key] = _component(fields[key], owner)
    others: dict[str, list[SettingField]] = {}
    for key, field in fields.items():
        if key not in (*shown, *LISTED):
            others.setdefault(field.heading, []).append(field)
    for heading, members in others.items():
        with gr.Accordion(heading, open=False), gr.Group(elem_classes="fs-grid"):
            for field in members:
                components[field.key] = _component(field, owner)
    return ClipForm(components)


def _is_worth_showing(key: str, owner: ServerSettings) -> bool:
    return (key != "model" or len(owner.offered_models) > 1) and (key != "loras" or bool(owner.loras))


def _component(field: SettingField, owner: ServerSettings) -> Any:
    """Return the component of one setting; None is shown as an empty field with what that means."""
    import gradio as gr

    setting, kind = field.setting, field.type
    label, about_it = label_of(field), in_words_of_the_page(setting.help)
    about: dict[str, Any] = {"label": label, "info": None if about_it == f"{label}." else about_it}
    if field.key == "model":
        return gr.Dropdown(list(owner.offered_models), value=owner.offered_models[0], **about)
    if field.key == "loras":
        return gr.Dropdown([str(lora) for lora in owner.loras], value=[], multiselect=True, **about)
    if field.key == "style":
        return gr.Dropdown([one.name for one in shipped_styles()], value=[], multiselect=True, **about)
    if field.key in SUGGESTED:
        choices = [(setting.unset or "static", ""), *((one, one) for one in SUGGESTED[field.key])]
        return gr.Dropdown(choices, value="", allow_custom_value=True, **about)
    if kind.base is bool:
        return gr.Checkbox(value=bool(field.default), **about)
    empty = setting.unset or "none"
    if field.choices and kind.base in (str, NoneType):
        choices = [(name, name) for name in field.choices]
        optional = [(empty, "")] if kind.optional else []
        return gr.Dropdown([*optional, *choices], value=field.default or "", **about)
    if kind.words:
        usual = [*kind.words, *(["0.3", "0.6", "0.9"] if kind.base is float else ["1", "4", "8"])]
        value = "" if field.default is None else str(field.default)
        return gr.Dropdown(
            [(empty, ""), *((one, one) for one in usual)] if kind.optional else usual,
            value=value,
            allow_custom_value=True,
            **about,
        )
    if kind.base in (int, float) and not kind.many and field.default is not None:
        precision = {"precision": 0} if kind.base is int else {}
        return gr.Number(value=field.default, **precision, **about)
    value = "" if field.default in (None, ()) else str(field.default)
    return gr.Textbox(value=value, placeholder=empty, max_lines=1, **about)

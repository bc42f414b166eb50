"""Styles of shots: their words and settings, and the transition that a style has between shots."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from framesmooth.errors import UsageError
from framesmooth.story.spec import Shot, Story
from framesmooth.story.transition import parse_transition
from framesmooth.styles.style import find_styles
from framesmooth.timeline.prompts import TimedPrompt
from framesmooth.workflows.generate.styling import known_styles, with_styles

_FILES = "styles"
"""The key of files with more styles."""


def styled_shot(
    shot: Shot, prompts: tuple[TimedPrompt, ...], values: Mapping[str, Any]
) -> tuple[tuple[TimedPrompt, ...], dict[str, Any]]:
    """Return the prompts and settings of a shot in its styles; what the story says takes precedence.

    Raises:
        UsageError: an unknown style, or a setting that styles cannot have, with the line of the story.
    """
    if not shot.style:
        return prompts, dict(values)
    try:
        return with_styles(prompts, {**values, "style": shot.style}, set(values))
    except UsageError as error:
        raise shot.located("style").refused(str(error)) from error


def with_style_transitions(story: Story) -> Story:
    """Return a story in which shots without a transition of their own have that of their style.

    Raises:
        UsageError: an unknown style or transition, with the line of the story.
    """
    shots = [story.shots[0], *(_with_transition(shot, story.path.parent) for shot in story.shots[1:])]
    return replace(story, shots=tuple(shots))


def _with_transition(shot: Shot, folder: Path) -> Shot:
    if not shot.style or "transition" in shot.places:
        return shot
    files = shot.settings.get(_FILES, ())
    listed = (files,) if isinstance(files, str) else tuple(files)
    try:
        styles = find_styles(shot.style, known_styles([folder / name for name in listed]))
        named = [style.settings["transition"] for style in styles if "transition" in style.settings]
        return replace(shot, transition=parse_transition(str(named[-1]))) if named else shot
    except UsageError as error:
        raise shot.located("style").refused(str(error)) from error

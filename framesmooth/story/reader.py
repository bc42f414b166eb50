"""Reading a story: film-wide keys, shots and what they include; errors name file, line and key."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from framesmooth.story import values
from framesmooth.story.located import Located, located_of, read_located
from framesmooth.story.spec import (
    LONGEST_SHOT,
    MOST_SHOTS,
    POSITIONS,
    Music,
    Shot,
    Story,
    Text,
)
from framesmooth.story.transition import parse_transition
from framesmooth.video.reading import parse_color

FILM_KEYS: Final = (
    "fps", "size", "style", "music", "ambience", "voice", "end", "handles", "defaults", "shots",
)  # fmt: skip
SHOT_KEYS: Final = (
    "prompt", "duration", "transition", "style", "camera", "title", "caption", "say", "name",
)  # fmt: skip
SHARED_KEYS: Final = ("duration", "transition", "camera")
"""Keys of a shot that may stand beside the film-wide ones, for all shots."""
INCLUDE: Final = "include"
_DEEPEST_INCLUDE: Final = 16
_MOST_HANDLES: Final = 10


def read_story(path: Path, settings: Collection[str]) -> Story:
    """Read a story.

    Args:
        path: a YAML or JSON file.
        settings: keys of the settings of ``generate`` that a shot, or the film, may have besides its own.

    Raises:
        UsageError: the first thing that is wrong, with file, line, key, and the nearest known word.
    """
    return _Reader(frozenset(settings)).story(read_located(path), path)


def story_of(text: str, path: Path, settings: Collection[str] = ()) -> Story:
    """Return the story that a text in YAML is; errors name ``path``. See :func:`read_story`."""
    return _Reader(frozenset(settings)).story(located_of(text, path), path)


@dataclass(frozen=True)
class _Reader:
    settings: frozenset[str]

    def story(self, root: Located, path: Path) -> Story:
        if isinstance(root.value, str):
            raise root.refused(
                "is a text: 'framesmooth storyboard draft TEXT -o story.yaml' makes a story of it"
            )
        if isinstance(root.value, list):
            root = replace(root, value={"shots": root})
        film = _spelled(root)
        Located(film, root.file, root.line).check_keys((*FILM_KEYS, *SHARED_KEYS, *sorted(self.settings)))
        if "shots" not in film:
            raise root.refused("there are no shots: add 'shots:' with a list, each with a prompt")
        own = {"fps", "size", "style", "music", "ambience", "voice", "end", "handles", "defaults", "shots"}
        shared = {key: value for key, value in film.items() if key not in own}
        if "defaults" in film:
            given = _spelled(film["defaults"])
            self._check_shot(film["defaults"], given)
            shared |= given
        style = values.texts(film["style"]) if "style" in film else ()
        written = self._shots(film["shots"], (path.resolve(),))
        if not written:
            raise film["shots"].refused("is empty: give at least one shot with a prompt")
        shots = tuple(
            self._shot(number, place, shared, style) for number, place in enumerate(written, start=1)
        )
        film_values: dict[str, Any] = {}
        if "fps" in film:
            film_values["fps"] = values.rate(film["fps"])
        if "size" in film:
            film_values["size"] = values.size(film["size"])
        if "handles" in film:
            film_values["handles"] = values.seconds(film["handles"], _MOST_HANDLES, zero=True)
        if "voice" in film:
            film_values["voice"] = film["voice"].text()
        if "ambience" in film:
            film_values["ambience"] = values.flag(film["ambience"])
        if "end" in film:
            film_values["end"] = end = values.at(film["end"], parse_transition)
            if end.kind not in ("cut", "fade", "fade out"):
                raise film["end"].refused(f"a film ends with a cut or 'fade black 1', not with {end}")
        if "music" in film:
            film_values["music"] = _music(film["music"])
        return Story(path=path, shots=shots, places=film, **film_values)

    def _shots(self, listed: Located, inside: tuple[Path, ...]) -> list[Located]:
        """Return the shots of a list, with those of the files that it includes."""
        if not isinstance(listed.value, list):
            raise listed.refused("shots are a list: begin each with '- prompt: ...'")
        found: list[Located] = []
        for entry in listed.value:
            if isinstance(entry.value, dict) and INCLUDE in entry.value:
                found += self._included(entry, inside)
            else:
                found.append(entry)
            if len(found) > MOST_SHOTS:
                raise entry.refused(f"more than {MOST_SHOTS} shots: divide the film into parts")
        return found

    def _included(self, entry: Located, inside: tuple[Path, ...]) -> list[Located]:
        entry.check_keys((INCLUDE,))
        name = entry.mapping()[INCLUDE]
        path = values.file(name)
        if path.resolve() in inside:
            raise name.refused(f"{name.text()} includes itself: drop one of the includes")
        if len(inside) > _DEEPEST_INCLUDE:
            raise name.refused(f"includes are nested more than {_DEEPEST_INCLUDE} deep: write one file")
        root = read_located(path)
        if isinstance(root.value, dict):
            root.check_keys(("shots",))
            if "shots" not in root.value:
                raise root.refused("there are no shots in the included file: add 'shots:'")
            root = root.value["shots"]
        return self._shots(root, (*inside, path.resolve()))

    def _check_shot(self, place: Located, given: Mapping[str, Located]) -> None:
        Located(dict(given), place.file, place.line, place.key).check_keys(
            (*SHOT_KEYS, *sorted(self.settings))
        )

    def _shot(
        self, number: int, entry: Located, shared: Mapping[str, Located], style: tuple[str, ...]
    ) -> Shot:
        if isinstance(entry.value, str):  # a prompt alone
            entry = replace(entry, value={"prompt": entry})
        own = _spelled(entry)
        self._check_shot(entry, own)
        given = {**shared, **own}
        if "prompt" not in given:
            raise entry.refused("has no prompt: say what the shot shows, as in 'prompt: a castle at dawn'")
        if number == 1 and "transition" not in own:
            given.pop("transition", None)  # one for all shots is between them
        found: dict[str, Any] = {"prompts": _prompts(given["prompt"])}
        if "duration" in given:
            found["duration"] = values.seconds(given["duration"], LONGEST_SHOT)
        if "transition" in given:
            found["transition"] = transition = values.at(given["transition"], parse_transition)
            if number == 1 and transition.kind not in ("cut", "fade", "fade in"):
                raise given["transition"].refused(f"the first shot begins with a cut or a fade: {transition}")
        shot_style = values.texts(own["style"]) if "style" in own else ()
        for key in ("camera", "say", "name"):
            if key in given:
                found[key] = given[key].text()
        for key in ("title", "caption"):
            if key in given:
                found[key] = _text(given[key], key)
        found["settings"] = {key: _plain(value) for key, value in given.items() if key in self.settings}
        return Shot(number=number, style=(*style, *shot_style), place=entry, places=given, **found)


def _spelled(place: Located) -> dict[str, Located]:
    """Return a mapping with _ for - in its keys: smooth-strength is smooth_strength."""
    found: dict[str, Located] = {}
    for name, value in place.mapping().items():
        key = name.replace("-", "_")
        if key in found:
            raise value.refused(f"is given twice, as {key} too: keep one of them")
        found[key] = value
    return found


def _prompts(value: Located) -> tuple[str, ...]:
    if isinstance(value.value, dict):  # frames and prompts
        return (" | ".join(f"{time}: {text.text()}" for time, text in value.value.items()),)
    return values.texts(value)


def _plain(value: Located) -> Any:
    """Return a setting as text, or as a tuple of texts."""
    if isinstance(value.value, dict):
        raise value.refused("a setting is a value or a list, as on the command line")
    return value.text() if isinstance(value.value, str) else tuple(one.text() for one in value.value)


def _text(value: Located, key: str) -> Text:
    position = "center" if key == "title" else "bottom"
    if isinstance(value.value, str):
        return Text(text=value.text(), position=position, place=value)  # type: ignore[arg-type]
    value.check_keys(("text", "at", "duration", "position", "size", "color"))
    given = value.mapping()
    if "text" not in given:
        raise value.refused(f"has no text: write '{key}: Dawn', or '{key}: {{text: Dawn, at: 1}}'")
    found: dict[str, Any] = {"text": given["text"].text(), "position": position}
    if "at" in given:
        found["at"] = values.seconds(given["at"], LONGEST_SHOT, zero=True)
    if "duration" in given:
        found["duration"] = values.seconds(given["duration"], LONGEST_SHOT)
    if "position" in given:
        found["position"] = chosen = given["position"].text().lower().replace("centre", "center")
        if chosen not in POSITIONS:
            raise given["position"].refused(f"{chosen[:40]!r}: write {', '.join(POSITIONS)}")
    if "size" in given:
        found["size"] = values.number(given["size"], 0.01, 0.5)
    if "color" in given:
        found["color"] = values.at(given["color"], parse_color)
    return Text(place=value, **found)


def _music(value: Located) -> Music:
    if isinstance(value.value, str):
        return Music(file=values.file(value), place=value)
    value.check_keys(("file", "duck", "gain", "start", "fade"))
    given = value.mapping()
    if "file" not in given:
        raise value.refused("names no file: write 'music: song.mp3', or 'music: {file: song.mp3, duck: -12}'")
    found: dict[str, Any] = {"file": values.file(given["file"])}
    if "duck" in given:
        found["duck"] = values.number(given["duck"], -60, 0)
    if "gain" in given:
        found["gain"] = values.number(given["gain"], -60, 24)
    if "start" in given:
        found["start"] = values.seconds(given["start"], 36_000, zero=True)
    if "fade" in given:
        found["fade"] = values.seconds(given["fade"], 60, zero=True)
    return Music(place=value, **found)

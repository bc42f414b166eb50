"""Stories in memory for tests."""

from pathlib import Path
from typing import Any

from framesmooth.story.reader import story_of
from framesmooth.story.spec import Story

SETTINGS = ("steps", "seed", "smooth_strength", "init_image", "negative_prompt")


def story(text: str, folder: Path = Path(".")) -> Story:
    """Return the story that a text in YAML is, as if it were written in a folder."""
    return story_of(text, folder / "story.yaml", SETTINGS)


def shots(*given: dict[str, Any], **film: Any) -> Story:
    """Return a story of shots, each of which gets a prompt."""
    import yaml

    listed = [{"prompt": f"shot {number}"} | shot for number, shot in enumerate(given, start=1)]
    return story(yaml.safe_dump({**film, "shots": listed}, allow_unicode=True))

"""From a text to a story file; nothing is generated from it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from framesmooth.errors import UsageError, require_packages
from framesmooth.events import Listener, Notice, stage
from framesmooth.story.draft.fountain import draft_of_fountain, is_fountain
from framesmooth.story.draft.llm import Ask, ask_server, draft_by_model, is_url
from framesmooth.story.draft.prose import draft_of_prose
from framesmooth.story.draft.story_text import Draft, yaml_text
from framesmooth.story.reader import story_of
from framesmooth.timeline.text_files import read_text
from framesmooth.video.atomic import write_text
from framesmooth.workflows.outputs import check_files

_STORY_SUFFIXES: Final = (".yaml", ".yml", ".json")
_MARKDOWN: Final = (".md", ".markdown")


@dataclass(frozen=True, kw_only=True)
class DraftedStory:
    """A story file that was written, and how many shots it has."""

    path: Path
    shots: int

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON."""
        return {"story": str(self.path), "shots": self.shots}


def draft_story(
    text: Path, output: Path, emit: Listener, *, llm: str | None = None, overwrite: bool = False
) -> DraftedStory:
    """Write a story of a text: prose, Markdown (.md) or a screenplay in Fountain.

    Args:
        text: the file.
        output: a .yaml file.
        emit: is told what was guessed and left out.
        llm: a folder of transformers or an address on this machine: a language model writes the story.
        overwrite: replace what is there.

    Raises:
        UsageError: a text that cannot be read or holds nothing to see, or a model that writes no story.
        FramesmoothError: its children say what else was wrong.
    """
    if output.suffix.lower() not in _STORY_SUFFIXES[:2]:
        raise UsageError(f"{output}: a story is a .yaml file, as in -o story.yaml")
    check_files([text], [output], overwrite=overwrite)
    if text.suffix.lower() in _STORY_SUFFIXES:
        raise UsageError(f"{text} is a story already: framesmooth storyboard {text} -o film.mp4")
    content = read_text(text)
    if not content.strip():
        raise UsageError(f"{text} is empty: write what is to be seen")
    if llm is None:
        draft = _by_rules(text, content)
    else:
        name, ask = _model(llm, emit)
        with stage(emit, "write the story"):
            draft = draft_by_model(content, ask, name)
    written = yaml_text(draft, text.name, output.name)
    story = story_of(written, output)  # what is written can be read
    write_text(output, written)
    for note in draft.notes:
        emit(Notice(note))
    return DraftedStory(path=output, shots=len(story.shots))


def _by_rules(path: Path, content: str) -> Draft:
    if path.suffix.lower() in (".fountain", ".spmd") or is_fountain(content):
        return draft_of_fountain(content)
    return draft_of_prose(content, markdown=path.suffix.lower() in _MARKDOWN)


def _model(llm: str, emit: Listener) -> tuple[str, Ask]:
    if is_url(llm):
        return llm, ask_server(llm)
    folder = Path(llm).expanduser()
    if not folder.is_dir():
        raise UsageError(f"{llm} is neither a folder nor an address such as http://127.0.0.1:8080/v1")
    require_packages("a language model", ("torch", "transformers"))
    from framesmooth.models.language_model import LanguageModel

    with stage(emit, "load model"):
        model = LanguageModel(folder)
    return model.name, model.answer

"""A story written by a language model on this machine; its answer is checked, and asked for again."""

import ipaddress
import json
import re
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from framesmooth.errors import FramesmoothError, UsageError
from framesmooth.story.draft.story_text import Draft, DraftShot
from framesmooth.story.located import located_of
from framesmooth.story.reader import story_of

Messages = Sequence[dict[str, str]]
"""A conversation: {"role": "system", "user" or "assistant", "content": text}."""
Ask = Callable[[Messages], str]
"""Answers a conversation."""

ATTEMPTS: Final = 3
_KEYS: Final = ("prompt", "duration", "camera", "transition", "title", "say")
_SECONDS: Final = 600
_LARGEST_ANSWER: Final = 2**20
_LONGEST_TEXT: Final = 60_000
_RULES: Final = """You turn a text into a storyboard. Answer with YAML only, in this form:

shots:
- prompt: what the picture shows, in a few plain words
  duration: 4
  camera: slow pan left
  transition: dissolve 0.5
  title: Dawn
  say: what a narrator speaks

Every shot has a prompt and a duration in seconds. The other keys are optional. camera is one of: static,
handheld, pan left, pan right, tilt up, tilt down, truck left, truck right, crane up, crane down, dolly in,
dolly out, zoom in, zoom out, roll left, roll right, orbit left, orbit right, each with slow or fast before
it. transition is one of: cut, dissolve 0.5, fade black 0.5, dip white 0.4, wipe left 0.5, match, morph 1.
The first shot has no transition. Quote texts that hold a colon. Write no other keys and
nothing besides the YAML."""


def draft_by_model(text: str, ask: Ask, name: str) -> Draft:
    """Return the draft that a language model writes of a text.

    What it answers is checked as a story is; an answer that is not accepted is handed back with the error,
    twice at most.

    Args:
        text: what the film is about.
        ask: answers a conversation.
        name: of the model, for messages.

    Raises:
        UsageError: three answers that are no story, or a text that is too long.
    """
    if len(text) > _LONGEST_TEXT:
        raise UsageError(f"the text has {len(text)} characters: give a model {_LONGEST_TEXT} at most")
    messages = [{"role": "system", "content": _RULES}, {"role": "user", "content": text}]
    problem = ""
    for attempt in range(ATTEMPTS):
        answer = ask(messages)
        try:
            shots = _shots_of(answer)
        except UsageError as error:
            problem = str(error)
            messages = [
                *messages[:2],
                {"role": "assistant", "content": answer[:_LONGEST_TEXT]},
                {"role": "user", "content": f"That is not accepted: {problem}. Write the whole YAML again."},
            ]
            continue
        again = f" at attempt {attempt + 1}" if attempt else ""
        return Draft(shots=shots, notes=(f"{len(shots)} shots by {name}{again}",))
    raise UsageError(
        f"{name} wrote no story in {ATTEMPTS} attempts, the last with: {problem}; draft it without --llm"
    )


def _shots_of(answer: str) -> tuple[DraftShot, ...]:
    """Return the shots of an answer; only keys that cannot name files are taken."""
    fenced = re.search(r"```(?:ya?ml)?\s*\n(.*?)```", answer, re.DOTALL)
    text = fenced[1] if fenced else answer.strip()
    path = Path("the answer")
    root = located_of(text, path)
    listed = root.mapping().get("shots", root) if isinstance(root.value, dict) else root
    for entry in listed.items():
        entry.check_keys(_KEYS)
    story = story_of(text, path)
    return tuple(
        DraftShot(
            prompt=" ".join(shot.prompts),
            camera=shot.camera,
            transition="" if shot.transition.kind == "cut" else str(shot.transition),
            title=shot.title.text if shot.title else "",
            say=shot.say,
            asked_seconds=float(shot.duration),
        )
        for shot in story.shots
    )


def is_url(text: str) -> bool:
    """Tell whether a model is named by an address rather than by a folder."""
    return re.match(r"\w+://", text) is not None


def ask_server(url: str) -> Ask:
    """Return what asks an OpenAI-compatible server on this machine, by its base address.

    Raises:
        UsageError: an address that is not on this machine.
    """
    check_loopback(url)
    target = f"{url.rstrip('/')}/chat/completions"

    def ask(messages: Messages) -> str:
        body = {"messages": list(messages), "temperature": 0.2, "stream": False}
        request = urllib.request.Request(
            target, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        # neither proxies nor redirects: what is asked stays on this machine
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects())
        try:
            with opener.open(request, timeout=_SECONDS) as response:
                content = response.read(_LARGEST_ANSWER + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            raise FramesmoothError(f"{url} does not answer ({reason}): is the server running?") from error
        return _content_of(content, url)

    return ask


def check_loopback(url: str) -> None:
    """Refuse an address that is not on this machine.

    Raises:
        UsageError: see above.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise UsageError(f"{url[:80]!r} is no address: write http://127.0.0.1:8080/v1") from error
    if parts.scheme != "http" or not host:
        raise UsageError(f"{url[:80]!r}: write http://127.0.0.1:PORT/v1")
    try:
        found = socket.getaddrinfo(host, port or 80, type=socket.SOCK_STREAM)
        addresses = [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]
    except (OSError, ValueError):
        addresses = []
    if not addresses or not all(address.is_loopback for address in addresses):
        raise UsageError(f"{host[:80]} is not this machine: texts are sent to 127.0.0.1 only")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None


def _content_of(content: bytes, url: str) -> str:
    try:
        if len(content) > _LARGEST_ANSWER:
            raise ValueError("it is too long")
        answer = json.loads(content)["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        raise FramesmoothError(
            f"{url} answers in another form than OpenAI's chat completions: {error!r}"
        ) from error
    return str(answer)

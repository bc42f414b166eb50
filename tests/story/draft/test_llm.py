"""A language model's answer is checked like a file; only servers on this machine are asked."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from framesmooth.errors import FramesmoothError, UsageError
from framesmooth.story.draft.llm import ATTEMPTS, Messages, ask_server, check_loopback, draft_by_model

GOOD = """```yaml
shots:
- {prompt: a sea, duration: 4}
- {prompt: a gate, duration: 2.5, transition: dissolve 0.5}
```"""


def answers(*texts: str) -> Any:
    """Return what answers with one text after another, and the conversations that it was asked with."""
    asked: list[Messages] = []

    def ask(messages: Messages) -> str:
        asked.append(messages)
        return texts[len(asked) - 1]

    return ask, asked


def test_a_good_answer_is_taken() -> None:
    ask, asked = answers(GOOD)
    draft = draft_by_model("the sea, then a gate", ask, "toy")
    assert [(shot.prompt, shot.seconds, shot.transition) for shot in draft.shots] == [
        ("a sea", 4, ""), ("a gate", 2.5, "dissolve 0.5"),
    ]  # fmt: skip
    assert asked[0][1]["content"] == "the sea, then a gate"


@pytest.mark.parametrize(
    "bad",
    ["I cannot do that.", "shots:\n- {promt: a sea}", "shots:\n- {prompt: a, duration: 0}",
     "shots:\n- {prompt: a, init_image: /etc/passwd}", "shots:\n- include: other.yaml"],
)  # fmt: skip
def test_a_bad_answer_is_handed_back_with_its_error(bad: str) -> None:
    ask, asked = answers(bad, GOOD)
    assert len(draft_by_model("a text", ask, "toy").shots) == 2
    assert "not accepted" in asked[1][-1]["content"]
    ask, asked = answers(*[bad] * ATTEMPTS)
    with pytest.raises(UsageError, match="wrote no story in 3 attempts"):
        draft_by_model("a text", ask, "toy")
    assert len(asked) == 3


@pytest.mark.parametrize(
    "url", ["http://example.com/v1", "http://10.0.0.1:80", "http://0.0.0.0:1", "https://127.0.0.1", "file:///etc",
            "http://127.0.0.1.nip.io/", "http://[::2]/", "http://127.0.0.1@example.com/"],
)  # fmt: skip
def test_other_machines_are_refused(url: str) -> None:
    with pytest.raises(UsageError):
        check_loopback(url)


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path == "/away/chat/completions":
                self.send_response(302)
                self.send_header("Location", "http://example.com/")
                self.end_headers()
                return
            ok = {"choices": [{"message": {"content": GOOD}}]} if asked["messages"] else {}
            body = json.dumps(ok if self.path == "/v1/chat/completions" else {"no": "choices"}).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_server_on_this_machine(server: HTTPServer) -> None:
    base = f"http://127.0.0.1:{server.server_port}"
    draft = draft_by_model("a text", ask_server(f"{base}/v1"), "local")
    assert len(draft.shots) == 2
    with pytest.raises(FramesmoothError, match="another form"):
        ask_server(f"{base}/v2")([])
    with pytest.raises(FramesmoothError, match="does not answer"):
        ask_server(f"{base}/away")([])
    with pytest.raises(FramesmoothError, match="does not answer"):
        ask_server("http://127.0.0.1:9")([])

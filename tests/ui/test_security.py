"""The gate and the addresses behind it, asked over the wire with requests that no browser would tidy up."""

import base64
import json
import time
from pathlib import Path

import pytest

from framesmooth.errors import UsageError
from framesmooth.ui.job import Job
from framesmooth.ui.jobs import JobBoard
from framesmooth.ui.security import read_passwords
from tests.ui.server import SMALL, Server

UP = "/ui/files/{job}/"
ESCAPES = [
    "../../../../etc/passwd",
    "..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/etc/passwd",
    "....//....//etc/passwd",
    "//etc/passwd",
    "clip.framesmooth/../../other/job.json",
    "..\\..\\etc\\passwd",
    "clip.mp4%00.png",
    "input/clip.mp4",
    "input/..%2fjob.json",
    ".inbox/x.mp4",
    "lock",
]
REFUSED = (413, 0)
"""Too large: an answer, or a connection that is closed while a body is sent that nobody reads."""
FOREIGN = [
    "/gradio_api/file=/etc/passwd",
    "/gradio_api/file=../../etc/passwd",
    "/gradio_api/file/etc/passwd",
    "/file=/etc/passwd",
    "/gradio_api/proxy=https://example.org/",
    "/gradio_api/vibe-code/",
    "/gradio_api/openapi.json",
    "/gradio_api/runs",
    "/monitoring",
    "/static/../../etc/passwd",
    "/static/%2e%2e/%2e%2e/config",
    "/assets/..%2f..%2f..%2f..%2fetc/passwd",
    "/svelte/../../../etc/passwd",
    "/ui/static/../app.py",
    "/ui/static/..%2fapp.py",
    "/docs",
    "/nothing",
]


@pytest.mark.parametrize("place", ESCAPES)
def test_nobody_reads_outside_the_files_of_a_run(server: Server, place: str) -> None:
    for job in ("00001-x", "..", "%2e%2e", ".inbox"):
        status, body = server.request("GET", UP.format(job=job) + place)
        assert status == 404
        assert b"root:" not in body


@pytest.mark.parametrize("path", FOREIGN)
def test_what_gradio_has_besides_is_closed(server: Server, path: str) -> None:
    status, body = server.request("GET", path)
    assert status in (403, 404)
    assert b"root:" not in body


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"},
    ],
)
@pytest.mark.parametrize("path", ["/ui/jobs/00001-x/delete", "/gradio_api/run/predict", "/gradio_api/upload"])
def test_other_sites_can_change_nothing(server: Server, path: str, headers: dict[str, str]) -> None:
    assert server.request("POST", path, headers, b"{}")[0] == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_a_foreign_name_for_this_machine_is_refused(server: Server, host: str) -> None:
    """DNS rebinding: a page of another site, whose name was made to point here."""
    status, _ = server.request("GET", "/ui/jobs", {"Host": host})
    assert status == (400 if host == "" else 421) or status == 421


def test_answers_forbid_requests_to_other_machines(server: Server) -> None:
    from http.client import HTTPConnection

    connection = HTTPConnection(server.host)
    connection.request("GET", "/")
    answer = connection.getresponse()
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "http:" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    text = answer.read().decode()
    assert "google" not in text.lower()
    connection.close()


def test_a_large_upload_is_refused_before_it_is_read(server: Server) -> None:
    headers = {"Origin": server.address.rstrip("/"), "Content-Length": str(2 * 2**30)}
    assert server.request("POST", "/gradio_api/upload", headers, b"--x")[0] == 413


def test_an_upload_that_hides_its_size_is_cut_off(server: Server) -> None:
    """Chunks, with no length before them: it ends in a refusal or in a closed connection."""
    boundary = "x" * 20
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="a.mp4"\r\n\r\n'
    headers = {
        "Origin": server.address.rstrip("/"),
        "Content-Type": f"multipart/form-data; boundary={boundary}",
        "Transfer-Encoding": "chunked",
    }
    chunks = [f"{len(head):x}\r\n{head}\r\n".encode(), *[b"10000\r\n" + bytes(2**16) + b"\r\n"] * 64]
    assert server.request("POST", "/gradio_api/upload", headers, chunks)[0] in REFUSED
    assert server.get("/ui/jobs")["jobs"] is not None


def test_a_large_body_is_refused(server: Server) -> None:
    headers = {"Origin": server.address.rstrip("/"), "Content-Type": "application/json"}
    assert server.request("POST", "/gradio_api/run/predict", headers, b" " * (2**20 + 1))[0] in REFUSED


@pytest.mark.parametrize("method", ["PUT", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_other_methods_are_refused(server: Server, method: str) -> None:
    assert server.request(method, "/ui/jobs", {"Origin": server.address.rstrip("/")})[0] in (400, 405)


@pytest.mark.parametrize("start", ["-1", "x", "1e9", "9" * 30, "%00", "%C2%B2"])
def test_nonsense_in_the_address_does_no_harm(server: Server, start: str) -> None:
    assert (
        server.get(f"/ui/jobs?start={start.encode('utf-8').hex() if start == '²' else start}")["start"] == 0
    )


@pytest.mark.slow
def test_jobs_on_the_disk_are_run_killed_and_gone_on_with(tiny_model: Path, tmp_path: Path) -> None:
    """A server that is killed in the middle goes on where it was, and gives its files out, and only those."""
    runs = tmp_path / "runs"
    board = JobBoard(runs, {"create": lambda job, emit: {}})
    for number in range(2):
        prompts = [{"prompt": f"a cat <b>{number}</b>", "time": None, "negative": ""}]
        settings = SMALL | {"cadence": "1"} | ({} if number else {"num_frames": "20", "steps": "60"})
        request = {"prompts": prompts, "settings": settings, "format": "mp4"}
        job = board.submit("create", f"clip <b>{number}</b>", request)
    board.close()
    first = Server.start(runs, "--model", str(tiny_model))
    while not any(runs.glob("00001-*/keyframe-images/*.png")):
        assert first.get("/ui/jobs")["jobs"][1]["status"] in ("queued", "running")
        time.sleep(0.1)
    first.kill()
    assert Job.load(next(runs.glob("00001-*"))).status == "running"
    keyframes = set(runs.glob("00001-*/clip.framesmooth/keyframes/latents_*.npy"))
    stamps = {path: path.stat().st_mtime_ns for path in keyframes}
    second = Server.start(runs, "--model", str(tiny_model))
    while any(one["status"] in ("queued", "running") for one in second.get("/ui/jobs")["jobs"]):
        time.sleep(0.2)
    told = second.get(f"/ui/jobs/{job.name}")
    assert [one["status"] for one in second.get("/ui/jobs")["jobs"]] == ["done", "done"]
    assert keyframes
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in stamps.items())
    for name in (told["result"]["clip"], told["result"]["report"], told["thumbnail"]):
        assert second.request("GET", f"/ui/files/{job.name}/{name}")[0] == 200
    for place in ESCAPES:
        assert second.request("GET", UP.format(job=job.name) + place)[0] == 404
    (job.folder / "link.png").symlink_to("/etc/passwd")
    assert second.request("GET", f"/ui/files/{job.name}/link.png")[0] == 404
    (job.folder / "evil.html").write_text("<script>")
    assert second.request("GET", f"/ui/files/{job.name}/evil.html")[0] == 404
    assert second.post(f"/ui/jobs/{job.name}/explode")[0] == 404
    assert second.post(f"/ui/jobs/{job.name}/resume")[0] == 409
    assert second.post(f"/ui/jobs/{job.name}/delete") == (200, {"job": None})
    assert not job.folder.exists()
    assert second.stop() in (0, 130)


@pytest.mark.slow
def test_passwords_close_everything(tmp_path: Path) -> None:
    people = tmp_path / "people"
    people.write_text("# who may\nann:s3cret:with colon\n")
    people.chmod(0o600)
    running = Server.start(tmp_path / "runs", "--auth", str(people))

    def status(credentials: str | None, path: str) -> int:
        headers = (
            {}
            if credentials is None
            else {"Authorization": f"Basic {base64.b64encode(credentials.encode()).decode()}"}
        )
        return running.request("GET", path, headers)[0]

    for path in ("/", "/ui/jobs", "/config", "/ui/static/job.js", "/nothing"):
        assert status(None, path) == status("ann:wrong", path) == status("bob:s3cret", path) == 401
    assert status("ann:s3cret:with colon", "/ui/jobs") == 200
    assert running.request("GET", "/ui/jobs", {"Authorization": "Basic %%%"})[0] == 401
    running.stop()


@pytest.mark.parametrize(
    ("content", "mode", "words"),
    [
        ("ann:x\n", 0o644, "chmod 600"),
        ("ann\n", 0o600, "line 1"),
        ("# none\n", 0o600, "nobody"),
        (":x\n", 0o600, "line 1"),
    ],
)
def test_files_of_passwords_that_are_refused(tmp_path: Path, content: str, mode: int, words: str) -> None:
    path = tmp_path / "people"
    path.write_text(content)
    path.chmod(mode)
    with pytest.raises(UsageError, match=words):
        read_passwords(path)


def test_jobs_are_plain_json(server: Server) -> None:
    assert json.loads(json.dumps(server.get("/ui/jobs")))["total"] >= 0

"""Puts the page under load: jobs, viewers, bad requests, uploads too large; exit code 1 if it breaks.

    python scripts/ui_load.py

It starts a server of its own with the built-in model, puts 200 small clips into its queue through the page,
looks at it from 50 viewers at once while clips are made, sends 1,000 requests that are wrong in every way it
knows, an upload of 2 GB and archives that unpack to more than they say, and prints how long answers took and
how much memory the server had.
"""

import argparse
import io
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psutil

JOBS, VIEWERS, BAD = 200, 50, 1000
MOST_GROWTH = 400 * 2**20
"""Bytes by which the server may grow beyond what it has when its model is loaded."""
UPLOAD = 2 * 2**30


class Client:
    """Requests to a server, by the standard library alone."""

    def __init__(self, address: str) -> None:
        self.host = address.removeprefix("http://").rstrip("/")
        self.own = {"Origin": address.rstrip("/")}

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        """Return (status, body, seconds)."""
        connection = HTTPConnection(self.host, timeout=60)
        started = time.perf_counter()
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read(), time.perf_counter() - started
        finally:
            connection.close()

    def submit(self, config: Any, button: str, changes: dict[str, Any]) -> Any:
        """Press a button of the page with these values in the fields; return what the page is told."""
        parts = {one["id"]: one for one in config["components"]}
        chosen = next(one for one in parts.values() if one["props"].get("elem_id") == button)
        does = next(one for one in config["dependencies"] if [chosen["id"], "click"] in one["targets"])
        fields = [parts[number]["props"] for number in does["inputs"]]
        values = [changes.get(one.get("label") or "", one.get("value")) for one in fields]
        body = json.dumps({"fn_index": does["id"], "data": values, "session_hash": "load"})
        headers = self.own | {"Content-Type": "application/json"}
        status, text, _ = self.ask("POST", "/gradio_api/run/predict", body, headers)
        return status, json.loads(text) if status == 200 else text[:200]

    def upload(self, name: str, content: bytes) -> Any:
        """Send a file as the page does; return (status, answer)."""
        boundary = "load"
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
        body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
        headers = self.own | {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        return self.ask("POST", "/gradio_api/upload", body, headers)[:2]


def bad_requests(seed: int) -> Iterator[tuple[str, str, bytes | None, dict[str, str]]]:
    """Yield requests that nobody should get anything for."""
    chance = random.Random(seed)
    steps = [
        "..",
        "%2e%2e",
        "..%2f",
        "....//",
        "%00",
        "etc/passwd",
        "\\..\\",
        "input",
        "job.json",
        "~",
        "<script>",
    ]
    roots = [
        "/ui/files/",
        "/ui/jobs/",
        "/gradio_api/file=",
        "/static/",
        "/assets/",
        "/",
        "/gradio_api/proxy=",
    ]
    while True:
        path = chance.choice(roots) + "/".join(chance.choices(steps, k=chance.randint(1, 6)))
        method = chance.choice(["GET", "POST", "PUT", "DELETE", "GET"])
        headers = chance.choice(
            [{}, {"Origin": "http://evil.example"}, {"Host": "evil.example"}, {"Range": "bytes=9-1"}]
        )
        yield method, path.replace(" ", "%20"), bytes(chance.randint(0, 99)) or None, headers


def look(client: Client, until: float, seconds: list[float], failures: Counter[str]) -> None:
    """Do what an open page does, every second, until that time."""
    while time.monotonic() < until:
        try:
            status, body, took = client.ask("GET", "/ui/jobs")
            seconds.append(took)
            last = json.loads(body)["jobs"][-1]["job"]
            seconds.append(client.ask("GET", f"/ui/jobs/{last}")[2])
            failures[f"viewer got {status}"] += status != 200
        except OSError as error:
            failures[f"viewer: {type(error).__name__}"] += 1
        time.sleep(1)


def bomb() -> bytes:
    """Return an archive of 1 MB that unpacks to a gigabyte."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed, packed.open("0.png", "w") as target:
        for _ in range(1024):
            target.write(bytes(2**20))
    return content.getvalue()


def percentile(values: list[float], share: float) -> float:
    """Return the value that so large a share of the values stays below."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def under_load(client: Client, process: psutil.Process, seconds: float) -> list[str]:
    """Put the server under load; return what went wrong."""
    wrong: list[str] = []
    _, text, took = client.ask("GET", "/config")
    config = json.loads(text)
    changes = {"Length in frames": "4", "Steps": "2", "Width": "64", "Height": "64"}
    first = client.submit(config, "create-button", changes)[1]["data"][0]["job"]
    while json.loads(client.ask("GET", f"/ui/jobs/{first}")[1])["status"] in ("queued", "running"):
        time.sleep(0.5)
    before = process.memory_info().rss
    print(
        f"memory with the model loaded: {before / 2**20:.0f} MiB; page's description in {took * 1000:.0f} ms"
    )

    statuses: Counter[str] = Counter()
    for _ in range(JOBS):
        status, told = client.submit(config, "create-button", changes)
        statuses["job" if status == 200 and "job" in told["data"][0] else f"{status} {told}"] += 1
    print(f"submitted: {dict(statuses)}")
    wrong += [] if statuses["job"] == JOBS else ["jobs were not taken"]

    times: list[float] = []
    failures: Counter[str] = Counter()
    until = time.monotonic() + seconds
    viewers = [threading.Thread(target=look, args=(client, until, times, failures)) for _ in range(VIEWERS)]
    for viewer in viewers:
        viewer.start()
    answers: Counter[int] = Counter()
    for number, (method, path, body, headers) in enumerate(bad_requests(1)):
        if number == BAD:
            break
        with suppress(ValueError):
            status, text, _ = client.ask(method, path, body, headers)
            answers[status] += 1
            if status < 400 or status >= 500 or b"root:" in text:
                wrong.append(f"{method} {path} was answered with {status}")
    print(f"bad requests: {dict(answers)}")
    headers = client.own | {"Content-Length": str(UPLOAD), "Content-Type": "multipart/form-data; boundary=x"}
    status = client.ask("POST", "/gradio_api/upload", b"--x", headers)[0]
    print(f"an upload of 2 GB: {status}")
    wrong += [] if status == 413 else ["an upload of 2 GB was not refused"]
    for name, content, words in (("../../evil.zip", bomb(), "unpacks to more"), ("x.mp4", b"no clip", "")):
        status, answer = client.upload(name, content)
        sent = [{"path": json.loads(answer)[0], "meta": {"_type": "gradio.FileData"}, "orig_name": name}]
        told = client.submit(config, "steady-button", {"Clip: a video, images, or a .zip of images": sent})
        print(f"{name}: {status}, {str(told)[:160]}")
        if words and words not in str(told):
            wrong.append(f"{name} was taken")
    for viewer in viewers:
        viewer.join()
    after = process.memory_info().rss
    done = sum(
        one["status"] == "done" for one in json.loads(client.ask("GET", "/ui/jobs?start=180")[1])["jobs"]
    )
    median, most, slowest = (1000 * percentile(times, share) for share in (0.5, 0.95, 1.0))
    print(
        f"{VIEWERS} viewers, {len(times)} answers: median {median:.0f} ms, 95 % within {most:.0f} ms, ",
        end="",
    )
    print(f"slowest {slowest:.0f} ms; failures {dict(+failures)}; of the oldest jobs {done} are done")
    print(f"memory: {after / 2**20:.0f} MiB, {(after - before) / 2**20:+.0f} MiB")
    wrong += [f"{name}: {count}" for name, count in (+failures).items()]
    wrong += ["the server grew too much"] if after - before > MOST_GROWTH else []
    return wrong


def main() -> int:
    """Run the load and return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60, help="how long the viewers look (default: 60)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        words = [
            sys.executable,
            "-m",
            "framesmooth",
            "ui",
            "--port",
            "0",
            "--runs",
            str(Path(folder) / "runs"),
        ]
        started = time.perf_counter()
        server = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        client = Client(server.stdout.readline().strip())
        client.ask("GET", "/")
        print(f"from start to the first answer: {time.perf_counter() - started:.1f} s")
        try:
            wrong = under_load(client, psutil.Process(server.pid), options.seconds)
            wrong += [] if server.poll() is None else ["the server ended"]
        finally:
            server.terminate()
            server.wait(60)
    for line in wrong:
        print(f"WRONG: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

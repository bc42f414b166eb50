"""A server in a process of its own, as people start it, and requests to it that no library tidies up."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SMALL = {"num_frames": "4", "steps": "2", "width": "32", "height": "24", "smoother": "ema"}
"""Settings of a clip that a tiny model makes in a second or two."""


@dataclass
class Server:
    """A running ``framesmooth ui``."""

    process: "subprocess.Popen[str]"
    address: str

    @classmethod
    def start(cls, runs: Path, *options: str) -> "Server":
        """Start a server on a free port and wait until it serves."""
        words = [sys.executable, "-m", "framesmooth", "ui", "--port", "0", "--runs", str(runs), *options]
        environment = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment)
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), address
        return cls(process, address)

    @property
    def host(self) -> str:
        """What a browser sends as Host."""
        return urlsplit(self.address).netloc

    def request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | Iterable[bytes] | None = None,
    ) -> tuple[int, bytes]:
        """Return (status, body), 0 where the connection is closed; the path goes out as it is."""
        connection = HTTPConnection(self.host, timeout=60)
        try:
            with suppress(BrokenPipeError, ConnectionResetError):  # an answer may be there before the end
                connection.request(method, path, body=body, headers=dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (ConnectionError, HTTPException):
            return 0, b""
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        """Return the JSON at a path."""
        status, body = self.request("GET", path)
        assert status == 200, (path, status, body[:200])
        return json.loads(body)

    def post(self, path: str) -> tuple[int, Any]:
        """Do what the page does with a button."""
        status, body = self.request("POST", path, {"Origin": self.address.rstrip("/")})
        return status, json.loads(body)

    def stop(self) -> int:
        """End the server as Ctrl-C does, and return its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)

    def kill(self) -> None:
        """End the server as a power cut does."""
        self.process.kill()
        self.process.wait(60)

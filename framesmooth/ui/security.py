"""The gate in front of the page: who may come in, from where, to which addresses, with how much.

It is plain ASGI and knows nothing of what is behind it, so that nothing behind it is asked before.
"""

import base64
import binascii
import hmac
import os
import re
import stat
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, MutableMapping
from pathlib import Path
from typing import Any, Final

from framesmooth.errors import UsageError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_SAFE: Final = frozenset({"GET", "HEAD"})
_ADDRESSES: Final = re.compile(
    r"/(ui/(static|jobs|files)(/[^\\]*)?|ui/prompts|(assets|static|svelte)/[\w./-]*|theme\.css|config|favicon\.ico"
    r"|gradio_api/(upload|upload_progress|queue/(join|data)|run/predict|heartbeat/\w+|startup-events|app_id"
    r"|info|cancel|reset))?/?"
)
"""What is behind the gate: the page, its parts, submitting. Not what Gradio has besides: files, proxies."""
_LARGEST_BODY: Final = 2**20
"""Bytes of what is no upload."""
_FORM_EXTRA: Final = 2**16
"""Bytes of a form around a file."""
THIS_MACHINE: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})

_POLICY: Final = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self' data:; "
    "connect-src 'self' data: blob:; "
    "worker-src 'self' blob:; frame-src 'self'; frame-ancestors 'self'; form-action 'self'; base-uri 'self'; "
    "object-src 'none'"
)
"""The browser itself refuses to ask any other machine. Gradio compiles its templates: 'unsafe-eval'."""
_HEADERS: Final = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class TooLarge(Exception):
    """A body that is larger than it may be."""


def read_passwords(path: Path) -> dict[str, str]:
    """Return name -> password of a file of NAME:PASSWORD lines; # begins a comment.

    Raises:
        UsageError: it cannot be read, others may read it, or a line holds no password.
    """
    try:
        mode = path.stat().st_mode
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError) as error:
        raise UsageError(f"--auth {path} cannot be read: give a text file of NAME:PASSWORD lines") from error
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UsageError(f"--auth {path} can be read by others: chmod 600 {path}")
    found = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, password = line.partition(":")
        if not (name.strip() and colon and password):
            raise UsageError(f"--auth {path}, line {number}: write NAME:PASSWORD")
        found[name.strip()] = password
    if not found:
        raise UsageError(f"--auth {path} names nobody: write a line NAME:PASSWORD")
    return found


class Gate:
    """Lets a request through to ``app``, or answers it.

    Args:
        app: what is behind.
        passwords: name -> password of those who may come in; None is everybody who reaches the port.
        hosts: the names that are accepted as the host that was asked for, None for all. They keep pages of
            other sites out, whose name was made to point here (DNS rebinding).
        largest_upload: bytes of one upload.
        may_upload: whether there is room for one more.
    """

    def __init__(
        self,
        app: App,
        *,
        passwords: Mapping[str, str] | None,
        hosts: Collection[str] | None,
        largest_upload: int,
        may_upload: Callable[[], bool] = lambda: True,
    ) -> None:
        self._app, self._passwords, self._hosts = app, passwords, hosts
        self._largest_upload, self._may_upload = largest_upload, may_upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await _answer(send, *refusal)
            return
        await self._let_through(scope, receive, send, self._limit(scope["path"]))

    def _refusal(self, scope: Scope, headers: Mapping[str, str]) -> tuple[int, str] | None:
        """Return (status, sentence) for a request that isn't let through."""
        host = headers.get("host", "")
        if self._hosts is not None and not {host, host.rpartition(":")[0]} & {*self._hosts}:
            return (
                421,
                "this address is not served here: open the page by the address that framesmooth ui shows",
            )
        if self._passwords is not None and not _is_known(headers.get("authorization", ""), self._passwords):
            return 401, "name and password are needed"
        path, method = scope["path"], scope["method"]
        if _ADDRESSES.fullmatch(path) is None or ".." in path or "\0" in path:
            return 404, "there is nothing here"
        if method not in _SAFE:
            if method not in ("POST", "DELETE"):
                return 405, "this cannot be done here"
            if not _is_own(headers, host):
                return 403, "only the page itself may ask for this: reload it"
            length = headers.get("content-length", "0")
            if not length.isdigit() or int(length) > self._limit(path):
                return 413, "this is larger than may be sent here"
            if path.startswith("/gradio_api/upload") and not self._may_upload():
                return 507, "there is no room for uploads now: try again later"
        return None

    def _limit(self, path: str) -> int:
        upload = path.rstrip("/") == "/gradio_api/upload"
        return self._largest_upload + _FORM_EXTRA if upload else _LARGEST_BODY

    async def _let_through(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        """Pass a request on; its body may not become larger than ``limit`` bytes, whatever it said."""
        seen, begun, refused = 0, False, False

        async def counted() -> MutableMapping[str, Any]:
            nonlocal seen, refused
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                refused = not begun
                raise TooLarge
            return message

        async def headed(message: MutableMapping[str, Any]) -> None:
            nonlocal begun
            if refused:
                return  # what is behind says in its own way that it failed
            if message["type"] == "http.response.start":
                begun = True
                own = {name.lower() for name, _ in message.get("headers", ())}
                added = [(name, value) for name, value in _HEADERS if name not in own]
                message = {**message, "headers": [*message.get("headers", ()), *added]}
            await send(message)

        try:
            await self._app(scope, counted, headed)
        except TooLarge:
            if not refused:
                raise
        if refused:
            await _answer(send, 413, "this is larger than may be sent here")


def _is_own(headers: Mapping[str, str], host: str) -> bool:
    """Tell whether a request that changes something comes from the page itself, as browsers say it."""
    origin = headers.get("origin")
    if origin is not None:
        return re.sub(r"^https?://", "", origin) == host
    return headers.get("sec-fetch-site") == "same-origin"


def _is_known(authorization: str, passwords: Mapping[str, str]) -> bool:
    """Tell whether the header (RFC 7617) has a name with its password, in a time that tells nothing."""
    scheme, _, encoded = authorization.partition(" ")
    try:
        given = base64.b64decode(encoded, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        given = ""
    matches: Iterable[bool] = [
        hmac.compare_digest(f"{name}:{password}".encode(), given.encode())
        for name, password in passwords.items()
    ]
    return scheme.lower() == "basic" and any(matches)


async def _answer(send: Send, status: int, sentence: str) -> None:
    body = f"{sentence}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    if status == 401:
        headers.append((b"www-authenticate", b'Basic realm="framesmooth", charset="UTF-8"'))
    if status == 413:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *_HEADERS]})
    await send({"type": "http.response.body", "body": body})

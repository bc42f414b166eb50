"""The connection of this process to Ray: to a cluster, or to one that is started here and ends with it."""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from framesmooth.errors import UsageError, missing_packages

LOCAL: Final = "local"
_PATIENCE: Final = {"RAY_raylet_start_wait_time_s": "180"}
"""Ray's own 30 seconds are too few on a machine that has much to do."""
_LEAN: Final = {"RAY_prestart_worker_first_driver": "0"}
"""Ray would start a process for each processor before anybody asks for one; actors start theirs."""
_REACHED: Final = 10.0
"""Seconds that a cluster has to answer at its address."""


def check_installed(asked: str) -> None:
    """Check that Ray is installed.

    Raises:
        UsageError: it is not; ``asked`` is what asks for it on the command line.
    """
    if missing_packages(["ray"]):
        raise UsageError(f"{asked} needs ray, which is not installed: pip install 'framesmooth[ray]'")


@contextmanager
def reached(address: str, asked: str, advice: str) -> Iterator[None]:
    """Be connected to the cluster at an address while the block runs; nothing is started for "local".

    Raises:
        UsageError: Ray is not installed, or there is no such cluster.
    """
    check_installed(asked)
    if address == LOCAL:
        yield
        return
    with connected(address, {}, asked, advice):
        yield


@contextmanager
def connected(
    address: str, environment: Mapping[str, str], asked: str, advice: str
) -> Iterator[Mapping[str, str]]:
    """Be connected to Ray while the block runs, and give the variables that its workers inherit.

    A connection that this process has already is used, and kept afterwards.

    Args:
        address: of a cluster, "auto" for the one that is found, "local" for one that is started here.
        environment: variables for the workers of one that is started here.
        asked: what asks for it on the command line, in messages.
        advice: what helps where there is no cluster.

    Raises:
        UsageError: Ray is not installed, or there is no such cluster.
    """
    check_installed(asked)
    here = address == LOCAL
    try:
        _check_answers(address)
        with _variables(_PATIENCE | (_LEAN | {**environment} if here else {})):
            import ray  # reads some of them

            joined = not ray.is_initialized()
            if joined:
                how: dict[str, Any] = {"include_dashboard": False} if here else {}
                ray.init(address=address, log_to_driver=False, logging_level="error", **how)
    except Exception as error:  # Ray raises plain ones, too
        where = "" if address == "auto" else f" at {address}"
        what = "could not start" if here else f"finds no cluster{where}"
        advice = "try again when this machine has less to do" if here else advice
        raise UsageError(f"{asked} {what} ({first_line(error)}): {advice}") from error
    try:
        yield environment if here and joined else {}
    finally:
        if joined:
            ray.shutdown()


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message that says something."""
    told = getattr(error, "strerror", None) or str(error)
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    return lines[0][:200] if lines else type(error).__name__


def _check_answers(address: str) -> None:
    """Check that somebody listens at an address with a port: Ray itself would wait for a minute, then exit.

    Raises:
        OSError: nobody does.
    """
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), timeout=_REACHED).close()


@contextmanager
def _variables(values: Mapping[str, str]) -> Iterator[None]:
    """Set variables of the environment that are not set, until the block ends."""
    before = dict(os.environ)
    os.environ.update({**values, **{name: before[name] for name in _PATIENCE | _LEAN if name in before}})
    try:
        yield
    finally:
        for name in values:
            os.environ.pop(name, None)
            if name in before:
                os.environ[name] = before[name]

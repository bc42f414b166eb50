"""Finished clips and run folders in a bucket, against moto's server."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from framesmooth.cli.main import cli
from framesmooth.errors import MediaError, OutputExists, UsageError
from framesmooth.runs.remote import Remote, is_remote
from tests.cli.clips import flickering, write

pytest.importorskip("moto.server", reason="moto[server] is not installed")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The file system of an empty bucket called clips, as any program sees it."""
    import s3fs

    for name, value in (
        ("AWS_ENDPOINT_URL", server),
        ("AWS_ACCESS_KEY_ID", "me"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("XDG_CACHE_HOME", str(tmp_path / "cache")),
    ):
        monkeypatch.setenv(name, value)
    files = s3fs.S3FileSystem(skip_instance_cache=True, use_listings_cache=False)
    if files.exists("clips"):
        files.rm("clips", recursive=True)
    files.mkdir("clips")
    return files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(f"{tmp_path}/in/", flickering())
    return tmp_path / "in"


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, list(map(str, words)))


def test_a_clip_is_sent_when_it_is_complete(bucket: Any, folder: Path, tmp_path: Path) -> None:
    words = ("smooth", folder, "-o", "s3://clips/new/steady.mkv", "--smoother", "ema", "--no-measure")
    made = run(*words)
    assert made.exit_code == 0, made.output
    assert made.stdout.endswith("s3://clips/new/steady.mkv\n")
    assert run(*words[:3], tmp_path / "steady.mkv", *words[4:]).exit_code == 0
    assert bucket.cat_file("clips/new/steady.mkv")[:4] == (tmp_path / "steady.mkv").read_bytes()[:4]
    again = run(*words)
    assert (again.exit_code, "s3://clips/new/steady.mkv is there already" in again.stderr) == (2, True)
    assert run(*words, "--overwrite").exit_code == 0


def test_frames_take_the_place_of_more_frames(bucket: Any, tmp_path: Path) -> None:
    for count in (5, 3):
        write(f"{tmp_path}/{count}/", flickering(count))
        words = (
            "upscale",
            tmp_path / str(count),
            "-o",
            "s3://clips/frames/",
            "--model",
            "lanczos",
            "--overwrite",
        )
        assert run(*words).exit_code == 0
    assert bucket.ls("clips/frames", detail=False) == [
        f"clips/frames/frame_{index:06d}.png" for index in range(3)
    ]


def test_a_failed_command_sends_nothing(bucket: Any, folder: Path) -> None:
    refused = run("smooth", folder, "-o", "s3://clips/a.mkv", "--frame-range", "90:")
    assert refused.exit_code == 2
    assert bucket.ls("clips") == []


def test_a_generated_clip_goes_with_its_run_folder_and_the_record_last(bucket: Any, tmp_path: Path) -> None:
    small = (
        "--width",
        32,
        "--height",
        32,
        "--num-frames",
        3,
        "--num-inference-steps",
        1,
        "--smoother",
        "ema",
    )
    words = ("generate", "a castle", "-o", "s3://clips/c.webp", *small, "--json", "-")
    made = run(*words)
    assert made.exit_code == 0, made.output
    facts = json.loads(made.stdout)
    assert (facts["clip"], facts["run_folder"]) == ("s3://clips/c.webp", "s3://clips/c.framesmooth")
    names = {name.removeprefix("clips/c.framesmooth/") for name in bucket.find("clips/c.framesmooth")}
    assert {"record.json", "report.html", "frames/frame_000000.png"} <= names
    assert "lock" not in names
    assert json.loads(bucket.cat_file("clips/c.framesmooth/record.json"))["status"] == "complete"
    assert not list((tmp_path / "cache").rglob("record.json"))


def test_what_cannot_be_reached_is_named(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MediaError, match="no bucket elsewhere"):
        Remote.of("s3://elsewhere/a.mp4", overwrite=False)
    for url in ("s3://clips", "s3:///a.mp4"):
        with pytest.raises(UsageError, match="names no object"):
            Remote.of(url, overwrite=False)
    bucket.pipe_file("clips/a.mp4", b"here")
    with pytest.raises(OutputExists):
        Remote.of("s3://clips/a.mp4", overwrite=False)
    assert Remote.of("s3://clips/a.mp4", overwrite=True).name == "a.mp4"
    assert is_remote("s3://a/b")
    assert not is_remote("a.mp4")


def test_the_extra_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("framesmooth.runs.remote.missing_packages", lambda names: list(names))
    with pytest.raises(UsageError, match=r"pip install 'framesmooth\[s3\]'"):
        Remote.of("s3://clips/a.mp4", overwrite=False)

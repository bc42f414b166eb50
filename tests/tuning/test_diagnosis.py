"""Each kind of flicker is called by its name, and what is no flicker by none."""

import json
from pathlib import Path

import numpy as np
import pytest
from smoothing_bench.forum_kinds import FORUM_KINDS

import framesmooth as fs
from framesmooth.frames import Frame
from framesmooth.video import open_sink
from tests.command_line import run
from tests.scenes import moving_scene

CLEAN = moving_scene(frames=40, size=(96, 144), pan=(0.8, 0.4)).frames


def spoiled(name: str) -> list[Frame]:
    effect, _ = FORUM_KINDS[name]
    return effect(CLEAN, np.random.default_rng(1))


@pytest.mark.parametrize("name", FORUM_KINDS)
def test_the_kind_is_named(name: str) -> None:
    found = fs.diagnose(spoiled(name))
    _, wanted = FORUM_KINDS[name]
    assert found.kinds[:1] == ([] if wanted is None else [wanted])
    if wanted is None:
        assert found.command == ""
        assert found.sentences[0].startswith("Nothing flickers")
    else:
        assert "framesmooth" in found.command


def test_when_and_how_often_is_found() -> None:
    strobe = fs.diagnose(spoiled("strobe")).findings[0]
    assert sorted(strobe.frames) == [3, 10, 17, 24, 31, 38]
    assert fs.diagnose(spoiled("lightning")).findings[0].frames in ((20, 21), (21, 20))
    breathing = fs.diagnose(spoiled("breathing")).findings[0]
    assert breathing.period == pytest.approx(16, abs=2)
    pumping = fs.diagnose(spoiled("codec pumping")).findings[0]
    assert pumping.period == 8
    assert set(pumping.frames) <= set(range(0, 40, 8))
    assert fs.diagnose(spoiled("on twos")).findings[0].period == 2


def test_how_strong_and_where_is_found() -> None:
    rng = np.random.default_rng(5)
    gains = np.exp(0.05 * rng.standard_normal(40))
    lit = [np.asarray((f * g).clip(0, 255).round(), np.uint8) for f, g in zip(CLEAN, gains, strict=True)]
    found = fs.diagnose(lit).findings[0]
    assert found.kind == "global"
    assert found.strength == pytest.approx(0.05 * np.mean(CLEAN), rel=0.35)
    corner = [frame.copy() for frame in CLEAN]
    for frame, gain in zip(corner, np.exp(0.25 * rng.standard_normal(40)), strict=True):
        frame[:30, :40] = (frame[:30, :40] * min(gain, 1.4)).clip(0, 255).round()
    local = fs.diagnose(corner).findings[0]
    assert (local.kind, local.where) == ("local", "at the top left")


def test_the_command_prints_sentences_or_json(tmp_path: Path) -> None:
    frames = spoiled("global gain")
    with open_sink(tmp_path / "it flickers", fps=fs.FrameList(frames).fps, size=(96, 144)) as sink:
        for frame in frames[:12]:
            sink.write(frame)
    told = run("diagnose", tmp_path / "it flickers")
    assert told.exit_code == 0, told.output
    assert told.stdout.startswith("Global flicker: ")
    assert f"'{tmp_path}/it flickers'" in told.stdout.splitlines()[-1]
    known = json.loads(run("diagnose", tmp_path / "it flickers", "--json", "-", "-q").stdout)
    assert known["findings"][0]["kind"] == "global"
    assert known["num_frames"] == 12


@pytest.mark.parametrize("count", [1, 2, 3])
def test_short_clips_are_no_riddle(count: int) -> None:
    found = fs.diagnose(CLEAN[:count])
    assert found.findings == ()
    assert found.sentences[0].startswith("Nothing can be said" if count < 3 else "Nothing flickers")

"""How ``storybook`` is trained: its clock."""

from pathlib import Path

import pytest
from storybook import training
from torch import nn


def test_a_pause_from_outside_costs_no_training_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    session = training.Session(tmp_path, "any", 10.0, {"part": nn.Linear(1, 1)})
    now += 2.0
    assert session.tick(0.0)
    now += 3600.0  # stopped for an hour
    assert session.tick(0.0)
    assert 2.0 < session.spent <= 2.0 + training.LONGEST

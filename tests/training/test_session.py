"""The loop of training: its clock, and what an interruption leaves."""

from pathlib import Path

import pytest
import torch
from torch import nn

from framesmooth.errors import ModelError, UsageError
from framesmooth.training.average import Average
from framesmooth.training.precision import autocast
from framesmooth.training.session import LONGEST, Session

CPU = torch.device("cpu")


def train(folder: Path, steps: int, stop_at: int | None = None) -> torch.Tensor:
    """Fit a line to noise; a process that is killed leaves the last checkpoint, and nothing else."""
    torch.manual_seed(0)
    net = nn.Linear(3, 1)
    average, optimizer = Average(net, 0.9), torch.optim.AdamW(net.parameters(), lr=0.1)
    session = Session(
        folder,
        "any",
        None,
        {"net": net, "average": average, "optimizer": optimizer},
        steps=steps,
        seed=5,
        save_seconds=-1,
    )
    running = session.progress < 1
    while running and session.step != stop_at:
        x = torch.randn(8, 3, generator=session.generator)
        y = torch.from_numpy(session.rng.standard_normal((8, 1), "float32"))
        loss = (net(x) - y).square().mean()
        optimizer.param_groups[0]["lr"] = session.rate(0.1, warmup=2)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        average.update(net, session.step)
        running = session.tick(float(loss.detach()))
    return torch.cat([p.detach().flatten() for p in (*net.parameters(), *average.shadow)])


def test_a_killed_training_ends_in_the_same_weights(tmp_path: Path) -> None:
    whole = train(tmp_path / "whole", 20)
    assert not torch.equal(train(tmp_path / "killed", 20, stop_at=7), whole)
    assert torch.equal(train(tmp_path / "killed", 20), whole)
    assert torch.equal(train(tmp_path / "killed", 20), whole), "a finished one does no more steps"
    assert not torch.equal(train(tmp_path / "other", 21), whole)


def test_a_pause_from_outside_costs_no_training_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    session = Session(tmp_path, "any", 10.0, {"part": nn.Linear(1, 1)})
    now += 2.0
    assert session.tick(0.0)
    now += 3600.0  # stopped for an hour
    assert session.tick(0.0)
    assert 2.0 < session.spent <= 2.0 + LONGEST


def test_it_ends_with_its_steps_or_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    session = Session(tmp_path, "any", 1.0, {}, steps=10)
    now = 30.0
    assert session.tick(1.0)
    assert session.progress == pytest.approx(LONGEST / 60)
    ends = [session.tick(1.0) for _ in range(9)]
    assert ends == [True] * 8 + [False]
    with pytest.raises(UsageError, match="minutes or steps"):
        Session(tmp_path, "endless", None, {})


def test_a_checkpoint_of_other_settings_is_not_resumed(tmp_path: Path) -> None:
    Session(tmp_path, "any", None, {}, steps=3, key="rank 4").save()
    assert Session(tmp_path, "any", None, {}, steps=3, key="rank 4").resumed
    with pytest.raises(UsageError, match="other settings"):
        Session(tmp_path, "any", None, {}, steps=3, key="rank 8")
    (tmp_path / "any.pt").write_bytes(b"cut")
    with pytest.raises(ModelError, match="cannot be read"):
        Session(tmp_path, "any", None, {}, steps=3)


def test_what_diverges_is_told_and_not_saved(tmp_path: Path) -> None:
    session = Session(tmp_path, "any", None, {}, steps=3, save_seconds=-1)
    with pytest.raises(ModelError, match="lower the learning rate"):
        session.tick(float("nan"))
    assert not session.path.exists()


@pytest.mark.parametrize("multiplies", [True, False])
def test_training_is_in_bfloat16_only_where_the_cpu_multiplies_it(
    monkeypatch: pytest.MonkeyPatch, multiplies: bool
) -> None:
    monkeypatch.setattr("framesmooth.models.devices.cpu_multiplies_bfloat16", lambda: multiplies)
    with autocast(CPU):
        product = torch.ones(2, 2) @ torch.ones(2, 2)
    assert product.dtype == (torch.bfloat16 if multiplies else torch.float32)

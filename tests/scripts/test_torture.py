"""A short torture: a few kills at random moments; scripts/torture.py alone does hundreds."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_commands_come_to_the_same_clip() -> None:
    commands = [f"--command={name}" for name in ("generate", "smooth-frames", "encode")]
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "torture.py", "--kills=6", "--extras=0", *commands],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 differing frames, 0 corrupt finals, 0 stale locks that block, 0 leftovers" in done.stdout

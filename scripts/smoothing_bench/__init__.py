"""The parts of ``benchmark_smooth.py``: clips, peers, figures, and one module for each table."""

import sys
from pathlib import Path

# The scenes and the flicker are those of the tests, which are no installed package.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

"""Stand-ins for parts of SciPy: nobody sees a difference but in time."""

import subprocess
import sys

import pytest

PROGRAM = """
import sys
from framesmooth.models.deferred_imports import deferred_imports
with deferred_imports():
    import scipy.stats
    from scipy import integrate
    from scipy.optimize import linear_sum_assignment
loaded = [name for name in ("scipy.stats", "scipy.integrate", "scipy.optimize") if name in sys.modules]
print(loaded)
print(round(scipy.stats.norm.cdf(0.0), 6))
print(round(integrate.quad(lambda x: 2 * x, 0, 1)[0], 6))
print([list(map(int, side)) for side in linear_sum_assignment([[0, 1], [1, 0]])])
from scipy.optimize import minimize_scalar
print(round(minimize_scalar(lambda x: (x - 2) ** 2).x, 3))
"""


def test_parts_of_scipy_are_imported_when_they_are_used() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", "0.5", "1.0", "[[0, 1], [0, 1]]", "2.0"]


@pytest.mark.parametrize("first", ["scipy.stats", "scipy.optimize"])
def test_parts_that_are_there_stay(first: str) -> None:
    program = f"import {first}; before = {first}\n" + PROGRAM + f"assert sys.modules[{first!r}] is before"
    subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

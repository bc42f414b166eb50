"""Stand-ins for large libraries: nobody sees a difference but in time."""

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


LOAD = """
import sys
from framesmooth.models.loading import load_pipeline
pipe = load_pipeline()
pipe.encode("a boat", "", guided=True)
"""
DEFERRED = (
    "peft",
    "torch._dynamo",
    "torch.distributed.tensor",
    "torch.distributed.fsdp",
    "torch.distributed.checkpoint",
    "transformers.models",
    "diffusers.models.transformers",
)
LATER = """
import diffusers, torch, transformers
from diffusers.hooks.layerwise_casting import BaseTunerLayer
from diffusers.utils.torch_utils import is_compiled_module
from framesmooth.models import deferred_imports

layer = torch.nn.Linear(2, 2)
assert not isinstance(layer, BaseTunerLayer)
assert "peft" not in sys.modules
import peft
assert isinstance(peft.tuners.lora.layer.Linear(layer, "one", peft.LoraConfig(r=1), r=1), BaseTunerLayer)
assert not isinstance(layer, BaseTunerLayer)

assert not is_compiled_module(layer)
assert is_compiled_module(torch.compile(layer, backend="eager"))
block = diffusers.models.attention.BasicTransformerBlock
assert ("allow_in_graph", block) in deferred_imports._marks
deferred_imports.mark_for_compiler()
assert torch._dynamo.trace_rules.is_callable_allowed(block)
assert not deferred_imports._marks

from transformers.distributed import expert_parallel
from torch.distributed.tensor import Shard
assert isinstance(expert_parallel.Shard(1), Shard) and expert_parallel.Shard(1).dim == 1
assert transformers.models.bert.BertConfig().hidden_size == 768
assert diffusers.models.transformers.FluxTransformer2DModel is diffusers.FluxTransformer2DModel
print("as usual")
"""


def test_a_model_is_loaded_without_the_libraries_that_it_doesn_t_use() -> None:
    program = LOAD + f"print([name for name in {DEFERRED} if name in sys.modules])" + LATER
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["[]", "as usual"]

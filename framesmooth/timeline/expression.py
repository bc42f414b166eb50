"""Numbers as expressions: ``0.5 + 0.1*sin(2*pi*t/fps)``, worked out safely.

Only numbers, the variables and functions that are named here, arithmetic and comparisons; nothing takes long
or grows without bound, since powers are those of floating-point numbers.
"""

import ast
import math
import operator
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Final

from simpleeval import InvalidExpression, SimpleEval

from framesmooth.errors import UsageError

_NEXT_KEY: Final = re.compile(r";|\s\w+(?:\s+hold)?\s*:")

VARIABLES: Final = ("t", "max_f", "fps", "s", "pi", "e")

SOUND_VARIABLES: Final = ("beat", "onset", "rms", "low", "mid", "high", "beat_phase", "bar", "bpm")
"""Known where a clip has sound; ``framesmooth.sound.variables`` says what they are."""

FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
    "abs": abs,
    "floor": math.floor,
    "ceil": math.ceil,
    "min": min,
    "max": max,
    "arcsin": math.asin,
    "arccos": math.acos,
    "arctan": math.atan,
    "arctan2": math.atan2,
    "hypot": math.hypot,
    "sinh": math.sinh,
    "cosh": math.cosh,
    "tanh": math.tanh,
    "arcsinh": math.asinh,
    "arccosh": math.acosh,
    "arctanh": math.atanh,
    "log10": math.log10,
    "log1p": math.log1p,
    "expm1": math.expm1,
    "fmod": math.fmod,
    "round": round,
    "trunc": math.trunc,
    "sign": lambda value: (value > 0) - (value < 0),
    "copysign": math.copysign,
    "minimum": min,
    "maximum": max,
}
"""Those of numexpr with its names, and min and max.

Besides ``where(condition, value, otherwise)``, which works out only the value that it chooses.
"""


def _of_whole_numbers(combine: Callable[[int, int], int]) -> Callable[[float, float], int]:
    """Return an operator on bits, which takes conditions and whole numbers: (t > 5) & (t < 9)."""

    def combined(left: float, right: float) -> int:
        if left != int(left) or right != int(right):
            raise ValueError("& and | combine conditions, not fractions")
        return combine(int(left), int(right))

    return combined


_OPERATORS: Final[dict[type[ast.AST], Callable[..., Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: math.pow,  # of floats: 9**9**9 overflows at once where whole numbers would take for ever
    ast.BitAnd: _of_whole_numbers(operator.and_),
    ast.BitOr: _of_whole_numbers(operator.or_),
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}
_NODES: Final = (
    *(ast.Expression, ast.Expr, ast.Constant, ast.Name, ast.Load, ast.Call),
    *(ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp),
    *(ast.operator, ast.unaryop, ast.boolop, ast.cmpop),
)
_EVALUATION_ERRORS: Final = (
    InvalidExpression,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)
_LONGEST_QUOTE: Final = 60
_LISTED: Final = 12
"""Names that an error lists."""


class ScheduleError(UsageError):
    """A schedule that cannot be read; ``column`` counts its characters from 1."""

    def __init__(self, column: int, problem: str) -> None:
        super().__init__(f"schedule, column {column}: {problem}")
        self.column = column


@dataclass(frozen=True)
class Expression:
    """One number, perhaps depending on variables; ``column`` is where it starts, counted from 1."""

    text: str
    column: int
    tree: ast.AST = field(repr=False, compare=False)

    @classmethod
    def parse(cls, text: str, column: int) -> "Expression":
        """Read ``text``, the part of a schedule that starts at ``column``.

        Raises:
            ScheduleError: it is no expression, or names something unknown; the message names the column.
        """
        if not text.strip("() "):
            raise ScheduleError(column, "a number or expression is missing here")
        if next_key := _NEXT_KEY.search(text):
            place = column + next_key.start()
            raise ScheduleError(place, "a comma is missing between two keys: write them as '0:(1), 24:(2)'")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # of 1if and the like, and of a second expression after a ;
                tree = SimpleEval.parse(text)
            _check(tree, column)
            return cls(text, column, ast.fix_missing_locations(_LazyWhere().visit(tree)))
        except SyntaxError as error:
            place = column + (error.offset or 1) - 1
            reason = error.msg.partition(":")[0]  # Python's advice after it is for programmers
            raise ScheduleError(place, f"cannot read {quoted(text)}: {reason}") from error
        except (InvalidExpression, ValueError, Warning) as error:
            raise ScheduleError(column, f"cannot read {quoted(text)}: {error}") from error
        except (RecursionError, MemoryError) as error:
            raise ScheduleError(column, f"{quoted(text)} is nested too deeply") from error

    @property
    def varies(self) -> bool:
        """Whether the value depends on the frame."""
        return "t" in self.names or self.hears

    @property
    def hears(self) -> bool:
        """Whether the value depends on the sound."""
        return not self.names.isdisjoint(SOUND_VARIABLES)

    @cached_property
    def names(self) -> frozenset[str]:
        """The variables and functions in it."""
        return frozenset(node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name))

    def __call__(self, variables: Mapping[str, float]) -> float:
        """Return the value.

        Raises:
            ScheduleError: it has none, or no finite one.
        """
        try:
            number = float(_Evaluator(variables).eval(self.text, self.tree))
        except (RecursionError, MemoryError) as error:
            raise ScheduleError(self.column, f"{quoted(self.text)} is nested too deeply") from error
        except _EVALUATION_ERRORS as error:
            at = f" at frame {variables['t']:g}" if self.varies and "t" in variables else ""
            raise ScheduleError(self.column, f"cannot work out {quoted(self.text)}{at} ({error})") from error
        if not math.isfinite(number):
            problem = f"{quoted(self.text)} is {number} at frame {variables.get('t', 0):g}"
            raise ScheduleError(self.column, problem)
        return number


def quoted(text: str) -> str:
    """Return ``text`` in quotes, shortened where it is long."""
    return repr(text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1] + "…")


class _Evaluator(SimpleEval):  # type: ignore[misc]
    def __init__(self, variables: Mapping[str, float]) -> None:
        super().__init__(operators=_OPERATORS, functions=FUNCTIONS, names=dict(variables))


class _LazyWhere(ast.NodeTransformer):
    """Turns where(c, a, b) into ``a if c else b``: where(t > 0, 1/t, 0) has a value at 0."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "where":
            condition, value, otherwise = node.args
            return ast.IfExp(condition, value, otherwise)
        return node


def _check(tree: ast.AST, start: int) -> None:
    """Raise ScheduleError at the first thing in ``tree`` that no schedule may hold."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        problem = _name_problem(node, id(node) in called) if isinstance(node, ast.Name) else _problem(node)
        if problem:
            raise ScheduleError(start + getattr(node, "col_offset", 0), problem)


def _name_problem(node: ast.Name, called: bool) -> str | None:
    known = (*FUNCTIONS, "where") if called else (*VARIABLES, *SOUND_VARIABLES)
    kind = "function" if called else "variable"
    if node.id in known:
        return None
    near = get_close_matches(node.id, known, n=1)
    advice = f"did you mean {near[0]}?" if near else f"known are {', '.join(known[:_LISTED])}"
    return f"unknown {kind} {node.id!r}: {advice}{' and others of numexpr' * (called and not near)}"


def _problem(node: ast.AST) -> str | None:
    """Return what is wrong with one node of an expression, None where nothing is."""
    if not isinstance(node, _NODES):
        return "only numbers, variables, functions and arithmetic are understood here"
    if isinstance(node, ast.Constant) and type(node.value) not in (int, float):
        return f"{quoted(repr(node.value))} is no number"
    operators = [node.op] if isinstance(node, ast.BinOp | ast.UnaryOp) else getattr(node, "ops", [])
    for one in operators:
        if type(one) not in _OPERATORS:
            advice = ": write ** for a power" if isinstance(one, ast.BitXor) else ""
            return f"{type(one).__name__} is no arithmetic{advice}"
    if isinstance(node, ast.Call) and not isinstance(node.func, ast.Name):
        return "only functions can be called"
    where = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "where"
    if where and len(getattr(node, "args", ())) != 3:
        return "where takes three values: where(condition, value, otherwise)"
    return None

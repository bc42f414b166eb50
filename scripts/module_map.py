"""Write the map of the packages in CONTRIBUTING.md, from their docstrings and the floors that a test keeps.

python scripts/module_map.py           # writes it
python scripts/module_map.py --check   # exit code 1 if it isn't up to date
"""

import argparse
import ast
import sys
from pathlib import Path
from typing import Final

HOME: Final = Path(__file__).resolve().parents[1]
PAGE: Final = HOME / "CONTRIBUTING.md"
BEGIN: Final = "<!-- begin map: python scripts/module_map.py -->"
END: Final = "<!-- end map -->"


def floors() -> tuple[tuple[str, ...], ...]:
    """Return the packages by floor, from the ground up, as tests/test_floors.py holds them."""
    tree = ast.parse((HOME / "tests" / "test_floors.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if (
            isinstance(node, ast.AnnAssign)
            and ast.unparse(node.target) == "FLOORS"
            and node.value is not None
        ):
            return tuple(tuple(map(str, names)) for names in ast.literal_eval(node.value))
    raise SystemExit("tests/test_floors.py has no FLOORS")


def first_line(name: str) -> str:
    """Return the first line of the docstring of a package or module, "" where there is neither."""
    folder = HOME / "framesmooth" / name
    path = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    if not path.exists():
        return ""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return docstring.partition("\n")[0].rstrip(".:")


def table() -> str:
    """Return the map as a table in Markdown, from the top floor down."""
    lines = ["| floor | part | what it is |", "|---|---|---|"]
    for number, names in reversed(list(enumerate(floors()))):
        for name in names:
            line = first_line(name)
            if line:
                lines.append(f"| {number} | `{name}` | {line} |")
    return "\n".join(lines)


def with_map(page: str) -> str:
    """Return the page with today's map between its marks."""
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def main() -> int:
    """Write the map, or check it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit code 1 if it isn't up to date"
    )
    check = parser.parse_args().check
    page = PAGE.read_text(encoding="utf-8")
    if check:
        return int(with_map(page) != page)
    PAGE.write_text(with_map(page), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

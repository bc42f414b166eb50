"""Pages of the reference that are written from the program itself: commands, settings, Python, modules.

A Sphinx extension: the pages go to ``docs/reference/generated`` before the documents are read.
"""

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from inspect import isroutine
from pathlib import Path
from typing import Any, Final

import click

import framesmooth
from framesmooth.cli.main import COMMANDS
from framesmooth.cli.options.command import EVERYDAY, OTHER

PACKAGE: Final = Path(framesmooth.__file__).parent
SCHEMA: Final = Path(__file__).parents[1] / "record.schema.json"
PLAIN: Final = "Options"
"""The heading of options without one."""

GUIDES: Final = {
    "generate": "guides/prompts",
    "storyboard": "guides/films",
    "smooth": "guides/deflickering",
    "diagnose": "guides/diagnosing",
    "tune": "tuning",
    "sweep": "tuning",
    "measure": "guides/measuring",
    "compare": "guides/measuring",
    "interpolate": "guides/interpolation",
    "upscale": "guides/upscaling",
    "assemble": "guides/interpolation",
    "explain": "guides/explaining",
    "train": "guides/training",
    "evaluate": "guides/training",
    "resume": "runs",
    "cache": "guides/speed-and-memory",
    "schedule": "guides/prompts",
    "models": "guides/models",
    "ui": "guides/ui",
    "styles": "guides/styles",
    "listen": "guides/sound",
    "soundtrack": "guides/sound",
    "completion": "installing",
}
"""Command -> the page that shows how it is used."""


def command_named(name: str) -> click.Command:
    """Return a command of ``framesmooth``."""
    module, _, attribute = COMMANDS[name][0].partition(":")
    command = getattr(import_module(module), attribute)
    assert isinstance(command, click.Command)
    return command


def command_page(name: str) -> str:
    """Return the page of a command: usage, description, examples, and every option under its heading."""
    command = command_named(name)
    context = click.Context(command, info_name=f"framesmooth {name}")
    usage = command.get_usage(context).removeprefix("Usage: ")
    paragraphs, examples = _description(command.help or "")
    lines = [f"# {name}", "", f"```text\n{' '.join(usage.split())}\n```", "", *paragraphs]
    if name in GUIDES:
        lines += [f"How it is used: {{doc}}`/{GUIDES[name]}`.", ""]
    if examples:
        lines += ["## Examples", "", "```bash", *examples, "```", ""]
    lines += [f"```{{program}} framesmooth {name}\n```", ""]
    for heading, options in _options_by_heading(command).items():
        lines += [f"## {heading}", ""]
        for option in options:
            lines += [_option(option, context), ""]
    return "\n".join(lines)


def _description(text: str) -> tuple[list[str], list[str]]:
    """Return the paragraphs of a help text as Markdown, and its examples."""
    paragraphs, examples = [], []
    for block in re.split(r"\n\s*\n", text.replace("\b\n", "").strip()):
        lines = [line.strip() for line in block.strip().splitlines()]
        if lines[0] == "Examples:":
            examples += lines[1:]
        else:
            paragraphs += [_escaped(" ".join(lines)), ""]
    return paragraphs, examples


def _escaped(text: str) -> str:
    """Return plain text as Markdown that shows it as it is."""
    return re.sub(r"([\\`*_{}\[\]<>$|])", r"\\\1", text)


def _options_by_heading(command: click.Command) -> dict[str, list[click.Option]]:
    found: dict[str, list[click.Option]] = {}
    context = click.Context(command)
    for parameter in command.get_params(context):
        if isinstance(parameter, click.Option) and not parameter.hidden:
            found.setdefault(getattr(parameter, "heading", "") or PLAIN, []).append(parameter)
    if OTHER in found:
        found[OTHER] += found.pop(PLAIN, [])
    return {heading: found[heading] for heading in sorted(found, key=_rank)}


def _rank(heading: str) -> int:
    """Return where a heading comes: everyday options first, the general ones last, the others as they are."""
    return {EVERYDAY: 0, OTHER: 2, PLAIN: 3}.get(heading, 1)


def _option(option: click.Option, context: click.Context) -> str:
    spellings, text = option.get_help_record(context) or ("", "")
    words, _, extra = text.partition("  [")
    told = f"{_escaped(words)} *{_escaped('[' + extra)}*" if extra else _escaped(words)
    return f"```{{option}} {' '.join(spellings.split())}\n{told}\n```"


def settings_page() -> str:
    """Return a table for each group of settings of ``generate``."""
    from framesmooth.workflows.generate.settings import GenerateSettings
    from framesmooth.workflows.settings_reference import reference

    groups: dict[str, list[dict[str, str]]] = {}
    for row in reference(GenerateSettings):
        groups.setdefault(row["group"], []).append(row)
    lines = []
    for group, rows in groups.items():
        lines += [f"## {group}", "", *_table(rows)]
    return "\n".join(lines)


def _settings_table(part: type) -> str:
    """Return a table of the settings of a verb: the arguments of its function, and their options."""
    from framesmooth.workflows.settings_reference import reference

    first = (part.__doc__ or "").partition("\n")[0]
    return "\n".join([f"### {part.__name__}", "", first, "", *_table(reference(part))])


def _table(rows: Iterable[Mapping[str, str]]) -> list[str]:
    head = ["| setting | option | value | default | |", "|---|---|---|---|---|"]
    return [*head, *(_setting(row) for row in rows), ""]


def _setting(row: Mapping[str, str]) -> str:
    value = row["range"] or row["type"]
    unit = f" {row['unit']}" if row["unit"] else ""
    options = " ".join(f"`{option}`" for option in row["option"].split(", ") if option)
    cells = [
        f"`{row['name']}`",
        options,
        _escaped(value + unit),
        _escaped(row["default"]),
        _escaped(row["help"]),
    ]
    return f"| {' | '.join(cells)} |"


def python_page() -> str:
    """Return autodoc's directives for all public names: functions, classes, and names of other types."""
    names = sorted(name for name in framesmooth.__all__ if not name.startswith("_"))
    found = {name: getattr(framesmooth, name) for name in names}
    classes = [name for name in names if isinstance(found[name], type)]
    functions = [name for name in names if isroutine(found[name])]
    settings = {part.__name__: part for name in functions if (part := _settings_of(found[name])) is not None}
    aliases = [name for name in names if name not in {*classes, *functions}]
    lines = ["## Functions", "", *(_documented("autofunction", name) for name in functions)]
    lines += ["## Settings of the functions", ""]
    lines += [_settings_table(part) for part in settings.values()]
    lines += ["## Classes", "", *(_documented("autoclass", name) for name in classes)]
    lines += ["## Types", "", *(f"- `framesmooth.{name}`: `{found[name]}`" for name in aliases)]
    return "\n".join(lines)


def _settings_of(function: Any) -> type | None:
    """Return the settings class of a workflow: SmoothSettings beside ``smooth``."""
    name = "".join(word.title() for word in function.__name__.split("_")) + "Settings"
    found = getattr(import_module(function.__module__), name, None)
    return found if isinstance(found, type) else None


def _documented(directive: str, name: str) -> str:
    target = name if name.startswith("framesmooth.") else f"framesmooth.{name}"
    members = "\n   :members:\n   :inherited-members: object" if directive == "autoclass" else ""
    heading = name.rpartition(".")[2]
    return f"### {heading}\n\n```{{eval-rst}}\n.. {directive}:: {target}{members}\n```\n"


def record_page() -> str:
    """Return a table of the top of the record, and one for each of its parts."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    lines = list(_fields("record.json", schema))
    for name, part in schema.get("$defs", {}).items():
        if "properties" in part:
            lines += _fields(name, part)
    return "\n".join(lines)


def _fields(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"## {name}", "", _escaped(str(schema.get("description", "")).split("\n")[0]), "")
    yield from ("| field | type | |", "|---|---|---|")
    for field, content in schema.get("properties", {}).items():
        told = _escaped(" ".join(str(content.get("description", "")).split()))
        yield f"| `{field}` | {_escaped(_kind(content))} | {told} |"
    yield ""


def _kind(content: Mapping[str, Any]) -> str:
    """Return the type of a field of a JSON schema in words."""
    if "$ref" in content:
        return str(content["$ref"]).rpartition("/")[2]
    if "anyOf" in content:
        return " or ".join(dict.fromkeys(map(_kind, content["anyOf"])))
    if "enum" in content or "const" in content:
        return " or ".join(map(str, content.get("enum", [content.get("const")])))
    kind = str(content.get("type", "anything"))
    if kind == "array" and "items" in content:
        return f"list of {_kind(content['items'])}"
    return kind


def modules_page() -> str:
    """Return every module with the first line of its docstring, by package."""
    packages: dict[str, list[Path]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).parts
        packages.setdefault(parts[0] if len(parts) > 1 else "framesmooth", []).append(path)
    lines = []
    for package, paths in packages.items():
        lines += [f"### {package}", ""]
        lines += [
            f"- `{_dotted(path)}`: {_escaped(first_line(path))}" for path in paths if first_line(path)
        ] + [""]
    return "\n".join(lines)


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def first_line(path: Path) -> str:
    """Return the first line of a module's docstring, "" without one."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return docstring.partition("\n")[0].rstrip(".")


def pages() -> dict[str, str]:
    """Return path -> content of all pages."""
    commands = {f"commands/{name}": command_page(name) for name in COMMANDS}
    return commands | {
        "settings": settings_page(),
        "python": python_page(),
        "record": record_page(),
        "modules": modules_page(),
    }


def write_pages(folder: Path, content: Mapping[str, str]) -> None:
    """Write pages that changed, and remove those of commands that are gone."""
    wanted = {folder / f"{name}.md": text for name, text in content.items()}
    for path in _stale(folder.rglob("*.md"), list(wanted)):
        path.unlink()
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def _stale(there: Iterable[Path], wanted: Sequence[Path]) -> list[Path]:
    return [path for path in there if path not in wanted]


def _write(app: Any) -> None:
    write_pages(Path(app.srcdir) / "reference" / "generated", pages())


def setup(app: Any) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.connect("builder-inited", _write)
    return {"parallel_read_safe": True}

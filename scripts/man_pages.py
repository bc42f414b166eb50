"""Write the manual pages, docs/man/*.1, from the commands themselves: ``make man``.

The pages of the documentation's reference are the source, and Sphinx writes them as manual pages. A package
installs them in ``share/man/man1``, where ``man framesmooth-smooth`` finds them beside the program.
"""

import re
import sys
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

HOME: Final = Path(__file__).parents[1]
sys.path[:0] = [str(HOME), str(HOME / "docs" / "_extensions")]

import click  # noqa: E402 - after the path to this folder's package
from reference_pages import command_page  # noqa: E402

from framesmooth import __version__  # noqa: E402
from framesmooth.cli.main import COMMANDS, cli  # noqa: E402

PAGES: Final = HOME / "docs" / "man"
GUIDE: Final = re.compile(r"^How it is used: \{doc\}`/(.+)`\.$", re.MULTILINE)


def sources() -> dict[str, str]:
    """Return the pages as Markdown by their names, "framesmooth" first."""
    return {"framesmooth": _overview(), **{f"framesmooth-{name}": _page(name) for name in COMMANDS}}


def _page(name: str) -> str:
    """Return the page of a command; a manual page has no links."""
    text = command_page(name)
    body = GUIDE.sub(r"How it is used: docs/\1.md.", text.partition("\n")[2])
    usage = re.sub(r"\A\s*```text\n(.*?)\n```", r"## Synopsis\n\n```text\n\1\n```\n\n## Description", body)
    return f"# framesmooth-{name}\n{usage}\n## See also\n\n**framesmooth**(1)\n"


def _overview() -> str:
    """Return the page of the program: its commands, what they share, and exit codes."""
    context = click.Context(cli, info_name="framesmooth")
    what, codes = re.split(r"Exit codes: ", (cli.help or "").split("\b")[0])
    lines = [
        "# framesmooth",
        "",
        "## Synopsis",
        "",
        "```text",
        "framesmooth [OPTIONS] COMMAND [ARGS]...",
        "```",
    ]
    lines += ["", "## Description", "", " ".join(what.split()), "", "## Commands", ""]
    for name, (_, summary) in COMMANDS.items():
        lines += [f"**framesmooth-{name}**(1)", f": {summary}", ""]
    lines += ["## Options", ""]
    for option in cli.get_params(context):
        spellings, text = option.get_help_record(context) or ("", "")
        lines += [f"**{spellings}**", f": {text}", ""]
    lines += ["## Exit status", "", " ".join(codes.split()), ""]
    lines += [
        "## Environment",
        "",
        "Every option can be given as a variable, such as FRAMESMOOTH_SMOOTH_CRF for **smooth --crf**.",
        "",
    ]
    return "\n".join(lines)


def released() -> str:
    """Return the day of the latest release, "2026-11-01", from the changelog: the clock is not read."""
    found = re.search(r"^## \[\d[^]]*\] - (\S+)$", (HOME / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    return found[1] if found else __version__


def man_pages(pages: dict[str, str]) -> dict[str, str]:
    """Return manual pages by file name, made of Markdown by name.

    Raises:
        RuntimeError: Sphinx warned of something.
    """
    from sphinx.application import Sphinx

    titles = {"framesmooth": "prompts to steady video clips, and steadier clips"}
    titles |= {f"framesmooth-{name}": summary.rstrip(".") for name, (_, summary) in COMMANDS.items()}
    author = "The framesmooth developers"
    settings: dict[str, Any] = {
        "project": "framesmooth",
        "author": author,
        "release": __version__,
        "today": released(),
        "extensions": ["myst_parser"],
        "myst_enable_extensions": ["deflist"],
        "root_doc": "framesmooth",
        "smartquotes": False,
        "man_pages": [(name, name, titles[name], author, 1) for name in pages],
        "suppress_warnings": ["toc.not_included"],
    }
    with TemporaryDirectory() as place:
        source, out = Path(place, "source"), Path(place, "out")
        source.mkdir()
        for name, text in pages.items():
            (source / f"{name}.md").write_text(text, encoding="utf-8")
        told = StringIO()
        app = Sphinx(
            source, None, out, Path(place, "trees"), "man",
            confoverrides=settings, status=None, warning=told,
        )  # fmt: skip
        app.build(force_all=True)
        if told.getvalue():
            raise RuntimeError(told.getvalue())
        return {path.name: path.read_text(encoding="utf-8") for path in sorted(out.glob("*.1"))}


def main() -> None:
    """Write all pages, and remove those of commands that are gone."""
    made = man_pages(sources())
    PAGES.mkdir(exist_ok=True)
    for path in PAGES.glob("*.1"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (PAGES / name).write_text(text, encoding="utf-8")
    print(f"{len(made)} pages in {PAGES.relative_to(HOME)}")


if __name__ == "__main__":
    main()

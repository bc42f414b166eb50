"""Sections of the docs that scripts write replace themselves and nothing else."""

from pathlib import Path

from tables import markdown_table, replace_section


def test_a_section_is_added_once_and_then_replaced(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Title\n\nwritten by hand\n", encoding="utf-8")
    replace_section(page, "one", r"first \1")
    replace_section(page, "two", "second")
    replace_section(page, "one", r"again \1")
    assert page.read_text(encoding="utf-8") == (
        "# Title\n\nwritten by hand\n\n"
        "<!-- begin one -->\nagain \\1\n<!-- end one -->\n\n"
        "<!-- begin two -->\nsecond\n<!-- end two -->\n"
    )


def test_a_table_has_a_line_per_row() -> None:
    assert markdown_table(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"

"""The page of what goes in and what happens says what the tests hold."""

from pathlib import Path

from tests.input_table import PAGE, SECTIONS, Row, page, rows


def test_the_page_is_what_the_tests_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(rows()), "run: python -m tests.input_table"


def test_every_row_is_in_a_known_section() -> None:
    assert {row.section for row in rows()} <= set(SECTIONS), "add the section to tests/input_table.py"


def test_marks_on_tests_and_on_parameters_become_rows(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text(
        '@pytest.mark.input_table("Sound", "a | b", "kept")\n'
        '@pytest.mark.parametrize("name", [\n'
        '    pytest.param(1, marks=pytest.mark.input_table("Alpha", "c", "d")),\n'
        "])\n"
        "def test_it(name): ...\n"
    )
    found = rows(tmp_path)
    assert found == [Row("Sound", "a | b", "kept"), Row("Alpha", "c", "d")]
    written = page(found)
    assert written.index("## Sound") < written.index("| a \\| b | kept |") < written.index("## Alpha")

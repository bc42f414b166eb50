"""How Sphinx builds the documentation: ``make docs``."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE / "_extensions")]

from framesmooth import __version__  # noqa: E402 - of this folder's package

project = "framesmooth"
author = "The framesmooth developers"
copyright = "The framesmooth developers, Apache-2.0"
release = version = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "reference_pages",
]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "description"
napoleon_google_docstring = True
smartquotes = False  # two dashes begin an option
# Pages that others include.
exclude_patterns = [
    "_build",
    *(f"reference/generated/{name}.md" for name in ("settings", "python", "record", "modules")),
]

html_theme = "furo"
html_title = f"framesmooth {version}"
html_static_path: list[str] = []
html_copy_source = False
# Nothing is fetched from elsewhere when a page is read.
html_theme_options = {"source_repository": "", "light_css_variables": {"font-stack": "system-ui, sans-serif"}}

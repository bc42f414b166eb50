"""How Sphinx builds the documentation: ``make docs``."""

from framesmooth import __version__

project = "framesmooth"
author = "The framesmooth developers"
copyright = "The framesmooth developers, Apache-2.0"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_click", "sphinx_copybutton"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "description"
napoleon_google_docstring = True
exclude_patterns = ["_build"]
nitpicky = False

html_theme = "furo"
html_title = f"framesmooth {version}"
html_static_path: list[str] = []
# Nothing is fetched from elsewhere when a page is read.
html_theme_options = {"source_repository": "", "light_css_variables": {"font-stack": "system-ui, sans-serif"}}

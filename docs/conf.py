"""How Sphinx builds these pages: Markdown only, warnings are errors (see scripts/check)."""

import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parent))

project = "renewline"
release = version = metadata.version("renewline")
extensions = ["myst_parser"]
exclude_patterns = ["_build"]
html_theme = "alabaster"
html_theme_options = {"description": "Which machines to renew, when, and what it brings"}
myst_heading_anchors = 3  # pages may link to each other's headings


def setup(app: "Sphinx") -> None:
    """Make the reference pages from the code before Sphinx reads the folder."""
    from pages import write_pages

    app.connect("builder-inited", lambda _: write_pages(Path(__file__).parent / "reference"))

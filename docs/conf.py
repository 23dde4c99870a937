"""How Sphinx builds these pages: Markdown only, warnings are errors (see scripts/check)."""

from importlib import metadata

project = "renewline"
release = version = metadata.version("renewline")
extensions = ["myst_parser"]
exclude_patterns = ["_build"]
html_theme = "alabaster"
html_theme_options = {"description": "Which machines to renew, when, and what it brings"}
myst_heading_anchors = 3  # pages may link to each other's headings

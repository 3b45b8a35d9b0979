"""Hooks of the documentation site (`mkdocs.yml`): they add the pages of the root folder and of the jobs, and rewrite links.

A page is written for the repository: its links are relative to its own folder. The site holds only the pages. A link to a page becomes
a link to its place in the site. A link to any other file becomes text with the path of the file.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
PAGES = {
    "README.md": "index.md",
    "ARCHITECTURE.md": "project/architecture.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "CHANGELOG.md": "project/changelog.md",
    "SECURITY.md": "project/security.md",
}
"""The pages of the root folder, and where they are in the site."""

_FENCED = re.compile(r"(^```.*?^```)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[([^\]]*)\]\(([^)#:\s]+)(#[^)\s]*)?\)")


def on_config(config: Any) -> Any:
    """Fill the section Jobs of the navigation: a new job needs no line there."""
    for section in config.nav:
        if "Jobs" in section:
            section["Jobs"] = [f"jobs/{page.name}" for page in sorted((ROOT / "docs" / "jobs").glob("*.md"))]
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the pages of the root folder."""
    for source, page in PAGES.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Turn the links of the repository into links of the site."""
    here = page.file.src_uri
    source = next((name for name, shown in PAGES.items() if shown == here), f"docs/{here}")
    parts = _FENCED.split(markdown)
    parts[::2] = [_LINK.sub(lambda link: _in_site(link, source, here), text) for text in parts[::2]]
    return "".join(parts).replace("```yaml test\n", "```yaml\n")


def _in_site(link: re.Match[str], source: str, here: str) -> str:
    label, target, anchor = link.groups(default="")
    path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
    page = PAGES.get(path) or (path.removeprefix("docs/") if path.startswith("docs/") else "")
    if page:
        return f"[{label}]({posixpath.relpath(page, posixpath.dirname(here) or '.')}{anchor})"
    return f"{label} (`{path}`)" if (ROOT / path).exists() else link[0]

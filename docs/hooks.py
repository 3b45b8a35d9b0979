"""Hooks of the documentation site (`mkdocs.yml`): they add the pages of the root folder, and make every link work there too.

A page is written for the repository: its links lead from its own folder to other files. The site has only the pages. So a link to a page
leads to its place in the site, and a link to any other file becomes its text and its path.
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

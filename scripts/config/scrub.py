"""Print the effective job file as YAML, without secrets."""

from __future__ import annotations

import re
from typing import Any

import yaml

from penstock.connectors.config.problems import KeyPath
from penstock.scripts.config.load import Loaded

_SECRET = re.compile(
    r"pass(word|wd|phrase)?|secret|token|credential|jaas|api.?key|private.?key|access.?key", re.IGNORECASE
)
_USERINFO = re.compile(r"(\w+://[^/@\s:]+:)[^/@\s]+(@)")
HIDDEN = "(hidden)"


def effective(config: Loaded) -> str:
    """Return the job file after overlays, settings and variables, as YAML. Possible secrets are replaced by `(hidden)`."""
    return yaml.safe_dump(scrub(config.tree.value, ()), sort_keys=False, allow_unicode=True, width=120)


def scrub(value: Any, path: KeyPath) -> Any:
    """Replace passwords in URLs, and values of keys whose names suggest a secret. References stay, because they contain no secret."""
    if isinstance(value, dict):
        return {key: scrub(item, (*path, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [scrub(item, (*path, index)) for index, item in enumerate(value)]
    if isinstance(value, str):
        data = "columns" in path or "rows" in path or path[-1:] == ("token_url",)
        if not data and path and _SECRET.search(str(path[-1])) and not value.startswith("${"):
            return HIDDEN
        return _USERINFO.sub(rf"\g<1>{HIDDEN}\2", value)
    return value


def secrets(value: Any, path: KeyPath = ()) -> list[str]:
    """Return the keys whose value is a literal secret, for example `sink.0.kafka.properties.password`."""
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in secrets(item, (*path, key))]
    if isinstance(value, list):
        return [found for index, item in enumerate(value) for found in secrets(item, (*path, index))]
    return [".".join(map(str, path))] if scrub(value, path) != value else []

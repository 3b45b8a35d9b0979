"""Replace `${NAME}`, `${NAME:default}` and the shell form `${NAME:-default}` in texts of a job file by environment variables.

As in the shell, `:-` uses the default for an empty variable too. Other forms of the shell are errors.

`$${` is a literal `${`. `${env:...}`, `${file:...}` and `${directory:...}` are references of Kafka and stay unchanged: Kafka resolves them
where the job runs, so that no plan contains the secret.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from penstock.connectors.config.problems import ConfigError, KeyPath, nearest
from penstock.scripts.config.tree import Tree, scalar

_REFERENCE = re.compile(r"\$(\$\{)|\$\{(?!(?:env|file|directory):)([^}:]*)(?::([^}]*))?(\})?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_LONGEST = 64 * 1024
_SHELL = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)([-?+=#%/^,@].*)?", re.ASCII)
"""A name, optionally followed by an operator of the shell."""


_FORMS = "${NAME}, ${NAME:default} or ${NAME:-default}"


def _fix(name: str, default: str | None, closed: str | None) -> str:
    shell = _SHELL.fullmatch(name)
    if closed and default is None and shell and shell[2] and shell[2][0] in "-=":
        return f"write ${{{shell[1]}:-{shell[2][1:]}}}"
    if closed and shell and shell[2]:
        return f"write ${{{shell[1]}}}: other forms of the shell are not supported"
    return (
        "add the closing }, or write $${ for a literal ${"
        if not closed
        else "write the name of a variable, or $${ for a literal ${"
    )


def substitute(tree: Tree, environ: Mapping[str, str]) -> None:
    """Replace the references in place. Raises ConfigError that names each missing variable."""
    errors: list[ConfigError] = []
    touched: set[KeyPath] = set()

    def wrong(path: KeyPath, found: str, allowed: str, do: str) -> str:
        errors.append(ConfigError(".".join(map(str, path)), found, allowed, do, where=str(tree.mark(path))))
        return ""

    def text(value: str, path: KeyPath) -> Any:
        def replace(match: re.Match[str]) -> str:
            plain, name, default, closed = match.groups()
            if plain:
                return str(plain)
            if not closed or not _NAME.fullmatch(name):
                return wrong(path, repr(match[0][:60]), _FORMS, _fix(name, default, closed))
            if default and default[0] in "?+=":
                found = f"the shell's form ${{{name}:{default[0]}...}}"
                do = f"write ${{{name}}} for a required variable, or ${{{name}:-{default}}} for a default"
                return wrong(path, found, _FORMS, do)
            touched.add(path)
            if default is not None and default.startswith("-"):
                found = environ.get(name, default[1:]) or default[1:]
            else:
                found = environ.get(name, default)
            if found is None:
                do = nearest(name, environ) or f"export {name}=..., or write a default: ${{{name}:default}}"
                return wrong(
                    path, f"${{{name}}}, but the environment variable {name} is not set", "a variable that is set", do
                )
            return str(found)

        if "${" not in value:
            return value
        result = _REFERENCE.sub(replace, value)
        if len(result) > _LONGEST:
            return wrong(path, "a text of over 64 KiB after ${...}", "at most 64 KiB", "shorten the variable")
        return scalar(result) if path in tree.plain and path in touched else result

    def walk(value: Any, path: KeyPath) -> Any:
        if isinstance(value, str):
            return text(value, path)
        if isinstance(value, list):
            return [walk(item, (*path, index)) for index, item in enumerate(value)]
        if isinstance(value, dict):
            return {key: walk(item, (*path, key)) for key, item in value.items()}
        return value

    tree.value = walk(tree.value, ())
    if errors:
        raise ConfigError.together(errors)

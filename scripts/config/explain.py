"""Turn the validation errors of pydantic into problems: what was found, what is allowed, what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from penstock.connectors.config.help_texts import help_text
from penstock.connectors.config.model import TAG
from penstock.connectors.config.problems import KeyPath, Problem, nearest
from penstock.connectors.config.texts import counted, first_sentence, shortened
from penstock.connectors.registry import SINKS, SOURCES
from penstock.jobs import JOBS
from penstock.scripts.config.annotations import accepts_single, example, inner_model, mapping_form
from penstock.scripts.config.mistakes import no_space, synonym
from penstock.scripts.config.partial import items

_KINDS = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "keys and values",
    "model_type": "keys and values",
    "model_attributes_type": "keys and values",
    "int_parsing_size": "a smaller number",
}
_MODELS = ("dict_type", "model_type", "model_attributes_type")
_MEMBER = re.compile(r"(dict|list|tuple|set|function-[a-z]+|constrained-[a-z]+)\b|(str|int|float|bool)$|[A-Z]\w*$")
"""How pydantic names a member of a union in the location of an error, for example `dict[str,any]`."""

_COMPARISONS = {
    "greater_than_equal": ("ge", "at least"),
    "less_than_equal": ("le", "at most"),
    "greater_than": ("gt", "above"),
    "less_than": ("lt", "below"),
}


def problems(errors: Iterable[Mapping[str, Any]], root: type[BaseModel], document: Any) -> list[Problem]:
    """Return the errors of pydantic as problems. The errors of all members of a union about one value become one problem."""
    found: list[Problem] = []
    missing: list[tuple[str, Problem]] = []
    members: dict[KeyPath, list[str]] = {}
    for error in errors:
        location = error["loc"]
        end = next((index for index, part in enumerate(location) if _is_member(part, location[:index], document)), None)
        if end is None:
            problem = explain(error, root, document)
            if error["type"] == "missing":
                missing.append((str(location[-1]), problem))
            else:
                found.append(problem)
            continue
        path = tuple(part for part in location[:end] if not str(part).startswith(TAG))
        members.setdefault(path, []).append(_KINDS.get(error["type"], "another value"))
    found += [problem for key, problem in missing if not _misspelt(key, problem.path, found)]
    for path, allowed in members.items():
        value = _at(document, path)
        either = " or ".join(dict.fromkeys(allowed))
        found.append(Problem(path, shown(value), either, f"write {either}"))
    return found


def _misspelt(key: str, path: KeyPath, others: Iterable[Problem]) -> bool:
    """Whether a required key that is missing at a path is there under another name: the problem of that name says so already."""
    for other in others:
        word = str(other.path[-1]) if other.path[:-1] == path and other.path else ""
        meant = (synonym(word, [key]), nearest(word, [key]), no_space(word) if word.startswith(f"{key}:") else "")
        if other.do and other.do in meant:
            return True
    return False


def _is_member(part: object, above: tuple[str | int, ...], document: Any) -> bool:
    """Whether a part of a location names a member of a union and not a key of the document."""
    if not isinstance(part, str) or part.startswith(TAG) or part == "[key]":
        return False
    value = _at(document, tuple(key for key in above if not str(key).startswith(TAG)))
    return part not in value if isinstance(value, dict) and _MEMBER.match(part) else _MEMBER.match(part) is not None


def _at(document: Any, path: KeyPath) -> Any:
    """Return the value at a path. An index is skipped where the document contains a single item instead of a list."""
    for part in path:
        if isinstance(part, int) and not isinstance(document, list):
            continue
        try:
            document = document[part]
        except (KeyError, IndexError, TypeError):
            return None
    return document


def explain(error: Mapping[str, Any], root: type[BaseModel], document: Any = None) -> Problem:
    """Return one error of pydantic as a problem. `root` is the model of the whole document."""
    kind, context = error["type"], error.get("ctx", {})
    path: KeyPath = tuple(part for part in error["loc"] if not str(part).startswith(TAG))
    if path[-1:] == ("[key]",) and kind not in ("extra_forbidden", "missing"):
        path = path[:-1]
    if kind == "penstock":
        key = context.get("key")
        path = path if key is None else (*path, key)
        return Problem(path, context["found"], context.get("allowed", ""), context.get("do", ""), key is not None)
    if kind == "extra_forbidden":
        names = _fields(root, error["loc"])
        word = str(path[-1])
        do = synonym(word, names) or no_space(word) or _elsewhere(word, root, document) or nearest(word, names)
        do = do or "remove the key"
        return Problem(path, f'"{path[-1]}", which is not a key here'[:200], ", ".join(names), do, True)
    if kind == "missing":
        key = path[-1]
        do = f"add {key}: ...   ({_help(root, error['loc'])})"
        return Problem(path[:-1], f'no key "{key}"', f'the key "{key}", which is required', do, True)
    found = shown(error["input"])
    if kind == "list_type" and (described := _described(root, error["loc"])) and accepts_single(described[0]):
        return Problem(path, found, "a text or a list of texts", "write a text, or a list of texts")
    if kind in _KINDS:
        return Problem(
            path,
            found,
            _KINDS[kind],
            _correction(error["input"], kind) if kind not in _MODELS else _written(error, root),
        )
    if kind == "literal_error":
        names = [name.strip("' ") for name in context["expected"].replace(" or ", ", ").split(", ")]
        do = nearest(str(error["input"]), names) or "write one of the allowed values"
        form = mapping_form(described[0]) if (described := _described(root, error["loc"])) else ""
        return Problem(path, found, ", ".join([*names, form] if form else names), do)
    if kind in _COMPARISONS:
        key, word = _COMPARISONS[kind]
        return Problem(path, found, f"{word} {context[key]}", "change the number")
    if kind in ("too_short", "too_long", "string_too_short", "string_too_long"):
        limit = context.get("min_length", context.get("max_length"))
        word = "at least" if "short" in kind else "at most"
        what = "character" if kind.startswith("string") else "item"
        return Problem(
            path, found, f"{word} {counted(limit, what)}", "add more" if word == "at least" else "shorten it"
        )
    if kind == "string_pattern_mismatch":
        return Problem(path, found, f"a text that matches {context['pattern']}", "change the text")
    return Problem(path, f"{found}: {error['msg']}", "", "correct the value")


def _written(error: Mapping[str, Any], root: type[BaseModel]) -> str:
    """Return how to write the value of the model that belongs there."""
    value, key = error["input"], next((part for part in reversed(error["loc"]) if isinstance(part, str)), "")
    if isinstance(value, str) and (do := no_space(value)):
        return do
    described = _described(root, error["loc"])
    written = example(*described) if described else getattr(_model(root, error["loc"]), "written", "")
    return f"write it like {key}: {written}" if written else "write keys and values"


def shown(value: object) -> str:
    """Return a value for a message, short and on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return f"keys and values ({', '.join(map(str, value))})"[:80]
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    text = text.encode("unicode_escape").decode() if not text.isprintable() else text
    return shortened(text, 80)


def _correction(value: object, kind: str) -> str:
    if kind == "string_type" and isinstance(value, (int, float, bool)):
        return f'quote it: "{shown(value)}"'
    if kind == "bool_type" and isinstance(value, str):
        return {"yes": "write true", "on": "write true", "no": "write false", "off": "write false"}.get(
            value.lower(), "write true or false"
        )
    if kind.startswith(("int", "float")) and isinstance(value, str):
        return "remove the quotes" if value.strip().lstrip("-").replace(".", "", 1).isdigit() else "write a number"
    return f"write {_KINDS[kind]}"


def _described(root: type[BaseModel], location: tuple[str | int, ...]) -> tuple[FieldInfo, str] | None:
    """Return the field of the key at the end of the location, and its help text."""
    keys = [index for index, part in enumerate(location) if isinstance(part, str) and not part.startswith(TAG)]
    model, name = (_model(root, location[: keys[-1] + 1]), str(location[keys[-1]])) if keys else (None, "")
    return (model.model_fields[name], help_text(model, name)) if model and name in model.model_fields else None


def _model(root: type[BaseModel], location: tuple[str | int, ...]) -> type[BaseModel] | None:
    """Return the model that contains the key at the end of the location."""
    model: type[BaseModel] | None = root
    plug_ins = _PLUG_INS.get(str(location[0]), {}) if location else {}
    step = ""
    for index, part in enumerate(location[:-1]):
        if isinstance(part, int):
            continue
        if part.startswith(TAG) and part.removeprefix(TAG) in plug_ins:
            step = part.removeprefix(TAG)
            model = plug_ins[step]
        elif part == step and location[index - 1] == f"{TAG}{part}":
            continue
        elif model and part in model.model_fields:
            model = inner_model(model.model_fields[part].annotation) or model
    return model


_PLUG_INS: Mapping[str, Mapping[str, type[BaseModel]]] = {
    "job": JOBS, "sink": SINKS, "dead_letters": SINKS, "source": SOURCES, "sources": SOURCES,
}  # fmt: skip


def _elsewhere(word: str, root: type[BaseModel], document: Any) -> str:
    """Advice for a key at a wrong level: a key of the whole file, or of a connector, step or settings that the file has."""
    if not isinstance(document, Mapping):
        return ""
    if word in root.model_fields:
        return "" if word in document else "move it to the first level of the file"
    places = (place for group, below in document.items() for place in _models_below(group, below, root))
    path = next((path for path, model in places if word in model.model_fields), None)
    return f"move it below {path}, where it is a key" if path else ""


def _models_below(group: str, below: Any, root: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    """The models of what the file has below a key of its first level, each with its path."""
    if group not in _PLUG_INS:
        field = root.model_fields.get(group)
        if inner := inner_model(field.annotation) if field else None:
            yield group, inner
        return
    named = below.values() if group == "sources" and isinstance(below, Mapping) else items(below)
    for name in (name for plugged in named if isinstance(plugged, Mapping) for name in plugged):
        if name in _PLUG_INS[group]:
            yield f"{group}.{name}", _PLUG_INS[group][name]


def _fields(root: type[BaseModel], location: tuple[str | int, ...]) -> list[str]:
    model = _model(root, location)
    return sorted(model.model_fields) if model else []


def _help(root: type[BaseModel], location: tuple[str | int, ...]) -> str:
    described = _described(root, location)
    return first_sentence(described[1] or "...") if described else "..."

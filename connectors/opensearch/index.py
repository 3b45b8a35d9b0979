"""Compare an index with the rows that a job writes into it, and create it."""

from __future__ import annotations

import base64
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

from penstock.connectors.base.finding import Finding
from penstock.connectors.config.columns import Columns
from penstock.connectors.config.secrets import resolved
from penstock.connectors.config.types import Type
from penstock.connectors.http.endpoint import Endpoint

_TIMEOUT = 10.0
_LONGEST_KEYWORD = 8191
"""Characters of a text that can be searched as a whole; an index term has at most 32,766 bytes."""

_TIME = "strict_date_optional_time_nanos"
_NEW: dict[str, dict[str, Any]] = {
    **{key: {"type": "keyword", "ignore_above": _LONGEST_KEYWORD} for key in ("string", "char", "varchar")},
    "boolean": {"type": "boolean"},
    "tinyint": {"type": "byte"},
    "smallint": {"type": "short"},
    "int": {"type": "integer"},
    "bigint": {"type": "long"},
    "float": {"type": "float"},
    **{key: {"type": "double"} for key in ("double", "decimal")},
    "date": {"type": "date", "format": "strict_date"},
    "time": {"type": "keyword"},
    **{key: {"type": "date", "format": _TIME} for key in ("timestamp", "timestamp_ltz")},
    "bytes": {"type": "binary"},
    "map": {"type": "object"},
}
_FLOATS = {"half_float", "float", "double", "scaled_float"}
_TEXTS = {"text", "keyword", "wildcard", "match_only_text", "constant_keyword", "search_as_you_type"}
_INTEGERS = ("byte", "short", "integer", "long")
_UNFIT: dict[str, set[str]] = {
    **{key: {*_INTEGERS, *_FLOATS, "boolean", "binary"} for key in ("string", "char", "varchar", "time")},
    "boolean": {*_INTEGERS, *_FLOATS, "date", "date_nanos", "binary", "ip"},
    "tinyint": {"boolean", "binary", "ip"},
    "smallint": {"byte", "boolean", "binary", "ip"},
    "int": {"byte", "short", "boolean", "binary", "ip"},
    "bigint": {"byte", "short", "integer", "boolean", "binary", "ip"},
    **{key: {*_INTEGERS, "boolean", "date", "date_nanos", "binary", "ip"} for key in ("float", "double", "decimal")},
    **{key: {*_INTEGERS, *_FLOATS, "boolean", "binary", "ip"} for key in ("date", "timestamp", "timestamp_ltz")},
    "bytes": {*_INTEGERS, *_FLOATS, "boolean", "date", "date_nanos", "ip"},
    **{key: {*_INTEGERS, *_FLOATS, *_TEXTS, "boolean", "date", "date_nanos", "binary", "ip"} for key in ("map", "row")},
}
"""Types of fields that reject some values of a column."""


class _Problem(Exception):
    """The server did not answer, or not as expected."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows no redirect, like the job: the login would be sent to another server."""

    def redirect_request(self, *_: Any) -> None:
        return None


def mapping(columns: Mapping[str, Type]) -> dict[str, Any]:
    """Return the properties of the mapping for these columns."""
    return {name: _field(kind) for name, kind in columns.items()}


def _field(kind: Type) -> dict[str, Any]:
    if kind.name == "array":
        return _field(kind.of[0])
    if kind.name == "row":
        return {"properties": mapping(dict(zip(kind.names, kind.of, strict=True)))}
    return _NEW[kind.name]


def compare(endpoint: Endpoint, index: str, rows: Columns, create: bool, prepare: bool) -> Iterator[Finding]:
    """Compare the index with the rows. With `create` and `prepare`, first create it if it does not exist.

    Raises NotHere if a secret is not on this machine.
    """
    what = f"index {index}"
    try:
        found = _ask(endpoint, "GET", f"/{index}/_mapping")
        if found is None and create and prepare:
            _ask(endpoint, "PUT", f"/{index}", {"mappings": {"properties": mapping(rows.types)}})
            found = _ask(endpoint, "GET", f"/{index}/_mapping")
    except _Problem as problem:
        yield Finding(
            "bad",
            what,
            f"{endpoint.url} cannot be used: {problem}",
            "start the server, or correct url, the login and tls",
        )
        return
    if found is None:
        missing = Finding("bad", what, "does not exist", "create the index, or set create: true")
        yield Finding("ok", what, "will be created when the job starts") if create else missing
        return
    fields = {name: field for one in found.values() for name, field in one["mappings"].get("properties", {}).items()}
    problems = list(_columns(what, fields, rows))
    yield from problems or [Finding("ok", what, f"takes the {len(rows.types)} columns of the rows")]


def _columns(what: str, fields: Mapping[str, Any], rows: Columns) -> Iterator[Finding]:
    for name, declared in rows.types.items():
        kind = declared
        while kind.name == "array":
            kind = kind.of[0]
        if name in fields and (type_ := str(fields[name].get("type", "object"))) in _UNFIT.get(kind.name, ()):
            new = json.dumps(_field(kind))
            text = f'the field "{name}" has the type {type_}, which rejects values of {declared}'
            yield Finding(
                "bad", what, text, f"write into another index whose mapping has {new}, or cast the column in the job"
            )


def _ask(endpoint: Endpoint, method: str, path: str, body: Any = None) -> Any:
    """Return the answer; None if nothing exists at this path. Raises _Problem."""
    headers = {name: resolved(value) for name, value in endpoint.headers.items()}
    if endpoint.token:
        headers["Authorization"] = f"Bearer {resolved(endpoint.token)}"
    elif endpoint.user and endpoint.password:
        pair = f"{resolved(endpoint.user)}:{resolved(endpoint.password)}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(  # noqa: S310 - http or https
        endpoint.url + path, data, {"Content-Type": "application/json", **headers}, method=method
    )
    if any("\r" in value or "\n" in value for value in headers.values()):
        raise _Problem("the value of a header has a line break")  # the error of Python would show the value
    try:
        context = ssl.create_default_context(cafile=endpoint.ca)
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context), _NoRedirects
        )
        with opener.open(request, timeout=_TIMEOUT) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as problem:
        if problem.code == 404:
            return None
        raise _Problem(f"HTTP {problem.code} {problem.reason}: {problem.read(500).decode(errors='replace')}") from None
    except urllib.error.URLError as problem:
        reason = problem.reason
        raise _Problem(getattr(reason, "strerror", None) or str(reason)) from None
    except (OSError, ValueError) as problem:
        raise _Problem(str(problem)) from None

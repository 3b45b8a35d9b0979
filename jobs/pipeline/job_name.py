"""The name of a job. Transactional ids, the ledger, file names and Kubernetes resources contain it."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from penstock.connectors.config.invalid import invalid

_NAME = re.compile(r"[a-z][a-z0-9-]{0,99}", re.ASCII)


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        better = re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-").lstrip("-0123456789")[:100]
        allowed = "lower-case letters, digits and -, a letter first, at most 100 characters"
        raise invalid(
            f'"{value[:60]}", which is not a job name', allowed, f"write {better}" if better else "choose another name"
        )
    return value


JobName = Annotated[str, AfterValidator(_name)]

"""The base class of sources and sinks."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from penstock.connectors.base.capabilities import Capabilities
from penstock.connectors.base.place import Place
from penstock.connectors.config.plug_in import PlugIn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta
    from pathlib import Path

    from penstock.connectors.base.finding import Finding


class Connector(PlugIn):
    """A source or a sink of a job file."""

    capabilities: ClassVar[Capabilities] = Capabilities()
    """What this kind of connector can do."""

    def needed_jars(self) -> tuple[str, ...]:
        """Names in the jar lock that this connector needs with its configuration."""
        return self.capabilities.jars

    @property
    def file_system(self) -> str | None:
        """Scheme of the file system, such as `s3`, that the cluster needs and a plain Flink distribution does not have."""
        return None

    @property
    def notes(self) -> tuple[str, ...]:
        """Behaviour that a reader of the job file may not expect. `penstock validate` prints it."""
        return ()

    def located(self, base: Path) -> Connector:
        """Return the connector with its paths resolved against `base`, the job file's folder."""
        return self

    @property
    def references(self) -> tuple[str, ...]:
        """References to secrets, such as `${env:NAME}`, which are resolved where the job runs."""
        return ()

    @property
    def token_urls(self) -> tuple[str, ...]:
        """OAuth token endpoints, which the JVMs that run the job must allow (`penstock.connectors.kafka.security.java_options`)."""
        return ()

    def place(self) -> Place | None:
        """Where the connector reads or writes. None if no other connector can read or write there."""
        return None

    def preflight(self) -> None:
        """Check before a run that files, brokers and topics exist and can be reached. Raises RunError."""

    def diagnose(self, checkpoint: timedelta, largest: dict[str, int]) -> Iterator[Finding]:
        """Check whether the external system allows what the job needs, and whether the configured guarantee holds there.

        `checkpoint` is the job's checkpoint interval. Adds to `largest` the limits on the size of a record: the name of what sets the
        limit, such as a topic, to the limit in bytes.
        """
        return iter(())

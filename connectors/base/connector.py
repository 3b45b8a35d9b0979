"""What sources and sinks share: a frozen model that turns itself into a Flink table descriptor."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from penstock.connectors.base.capabilities import Capabilities
from penstock.connectors.base.place import Place
from penstock.connectors.base.plug_in import PlugIn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta
    from pathlib import Path

    from penstock.connectors.base.finding import Finding


class Connector(PlugIn):
    """What sources and sinks share."""

    capabilities: ClassVar[Capabilities] = Capabilities()
    """What this kind of connector can do."""

    def needed_jars(self) -> tuple[str, ...]:
        """Names in the jar lock that this connector needs as it is set up."""
        return self.capabilities.jars

    @property
    def file_system(self) -> str | None:
        """The scheme, such as `s3`, for which the cluster needs a file system that Flink does not have by itself."""
        return None

    @property
    def notes(self) -> tuple[str, ...]:
        """What works otherwise than a reader of the job file may think: `penstock validate` says it."""
        return ()

    def located(self, base: Path) -> Connector:
        """The same connector with its paths resolved against the job file's folder."""
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
        """Where it reads or writes; None where no other connector can be."""
        return None

    def preflight(self) -> None:
        """Look at the outside world before a run: is the file there, the broker up? Raises RunError."""

    def diagnose(self, checkpoint: timedelta, largest: dict[str, int]) -> Iterator[Finding]:
        """What the outside world allows a job with such a checkpoint interval to do here, and what its guarantee is worth. Puts what
        limits the size of a record (a topic, say), and the limit in bytes, into `largest`."""
        return iter(())

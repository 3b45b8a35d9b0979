"""The base of every entry of a registry: sources, sinks and jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from penstock.connectors.config.model import Config


class PlugIn(Config):
    """A model with an example that works.

    Examples fit together: every source has the columns `id`, `customer`, `amount` and `at`, where `at` carries event time, and every job
    reads only these. In an example and in the names of its files, `NAME` stands for the name that `penstock init` receives.
    """

    example: ClassVar[str] = ""
    """The keys of the plug-in and their values, as YAML. `penstock init NAME --from SOURCE --job JOB` writes it into the job file."""

    example_files: ClassVar[Mapping[str, str]] = {}
    """Files that the example reads: file name, in the folder of the job file, to content."""

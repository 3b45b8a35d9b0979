"""The results of `scripts/bench` as text, as a page of the docs and as a picture.

`python -m benchmarks.report` writes page and picture again, from docs/benchmarks.json.
"""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

from benchmarks.candidates import CANDIDATES
from benchmarks.peers import PEERS
from benchmarks.scenarios import SCENARIOS

_COLOURS = (
    "#9aa5b1", "#5b7083", "#0b6e99", "#35a7c8", "#b0a18f", "#c98a3a", "#d8b365", "#a6611a", "#8c6bb1",
)  # fmt: skip
"""One for each candidate, in order."""

DOCS = Path(__file__).parents[1] / "docs"


def rows(results: dict[str, Any]) -> list[tuple[str, str, float, float, float, float]]:
    """Scenario, candidate, records per second, microseconds of processor time per record, and both as ratios to SQL (above 1 is faster)."""
    found = []
    for scenario, result in results.items():
        medians = {
            name: (statistics.median(figures["wall"]), statistics.median(figures["cpu"]))
            for name, figures in result["candidates"].items()
            if name not in _without_figures(result)
        }
        wall, cpu = medians.get("sql", (float("nan"), float("nan")))
        for name, (seconds, used) in medians.items():
            found.append((scenario, name, 1e6 / seconds, used, wall / seconds, cpu / used))
    return found


def _without_figures(result: dict[str, Any]) -> dict[str, str]:
    """The candidates of a scenario that have no figures: name to reason."""
    found = {}
    for name, figures in result["candidates"].items():
        if isinstance(figures, str):
            found[name] = figures
        elif min(map(statistics.median, figures.values())) <= 0:
            found[name] = "took no longer for more records: use --size full"
    return found


def text(results: dict[str, Any]) -> str:
    """The results as a table for a terminal."""
    lines = [
        f"{'scenario':10} {'candidate':12} {'records/s':>11} {'us CPU/record':>14} {'rate to SQL':>12} {'CPU to SQL':>11}"
    ]
    for scenario, name, rate, used, faster, cheaper in rows(results):
        lines.append(f"{scenario:10} {name:12} {rate:11,.0f} {used:14.2f} {faster:12.2f} {cheaper:11.2f}")
    for scenario, result in results.items():
        lines += [f"{scenario:10} {name:12} {why}" for name, why in _without_figures(result).items()]
    return "\n".join(lines)


def write(results: dict[str, Any]) -> None:
    """Write the results of scenarios in place of their earlier ones, and with them the page of the docs and its picture."""
    file = DOCS / "benchmarks.json"
    stored = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    results = {name: (stored | results)[name] for name in SCENARIOS if name in stored | results}
    file.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (DOCS / "benchmarks.md").write_text(_page(results), encoding="utf-8")
    (DOCS / "benchmarks.svg").write_text(_picture(results), encoding="utf-8")


_METHOD = """\
# Benchmarks

This page is written by `scripts/bench --size full`. Do not edit it.

Each candidate reads JSON records from a Kafka topic and writes its output to another one, with one worker or parallelism 1. The broker
runs on the same machine. Before a candidate is measured, its output is compared with that of Flink SQL, record for record. The candidates
on Flink share one warm JVM; the others are processes of their own. The figures are medians of several rounds, each a long run without the
figures of a short run: the start does not count. Slow candidates read a part of the records, and the figures are per record.

Flink SQL and Penstock take a checkpoint every ten seconds and write each row at least once. Quix Streams commits every five seconds, at
least once. The loop, Bytewax without recovery and Pathway without persistence lose their state or their position if they fail.

A ratio above 1 means that the candidate is faster, or uses less processor time, than Flink SQL written by hand. The processor time is
that of the candidate, without the broker's.

Packages: {packages}.

![Records per second of processor time, relative to Flink SQL](benchmarks.svg)
"""


def _page(results: dict[str, Any]) -> str:
    packages = ", ".join(sorted({one for peer in PEERS.values() for one in peer.packages}))
    return "\n".join([_METHOD.format(packages=packages), *(line for one in results for line in _section(results, one))])


def _section(results: dict[str, Any], scenario: str) -> list[str]:
    result = results[scenario]
    at = result["machine"]
    method = (
        f"{result['records']:,} records, {result['rounds']} rounds, {at['cores']} cores ({at['cpu']}), {at['memory_gib']} GiB of memory, "
        f"Flink {at['flink']}, Python {at['python']}."
    )
    head = "| candidate | records per second | processor time per record | rate, to SQL | processor time, to SQL |"
    lines = [f"## {scenario}: {SCENARIOS[scenario].title}", "", method, "", head, "|---|---:|---:|---:|---:|"]
    for one, name, rate, used, faster, cheaper in rows(results):
        if one == scenario:
            spread = result["candidates"][name]["cpu"]
            time = f"{used:.2f} us ({min(spread):.2f} to {max(spread):.2f})"
            lines.append(f"| {CANDIDATES[name].title} | {rate:,.0f} | {time} | {faster:.2f} | {cheaper:.2f} |")
    lines += [f"| {CANDIDATES[name].title} | {why} | | | |" for name, why in _without_figures(result).items()]
    return [*lines, ""]


def _picture(results: dict[str, Any]) -> str:
    """Bars of the ratios of processor time, one group for each scenario."""
    colours = dict(zip(CANDIDATES, _COLOURS, strict=True))
    bars, at = list[str](), 10
    for scenario in results:
        bars.append(f'<text x="0" y="{at + 12}" font-weight="bold">{scenario}</text>')
        at += 20
        for _, name, _, _, _, cheaper in (row for row in rows(results) if row[0] == scenario):
            width = 100 * min(cheaper, 5)
            bars.append(f'<rect x="110" y="{at}" width="{width:.0f}" height="13" fill="{colours[name]}"/>')
            bars += [_label(0, at + 11, name), _label(116 + width, at + 11, f"{cheaper:.2f}")]
            at += 17
        at += 10
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="680" height="{at}" font-family="sans-serif" font-size="12" fill="#223">'
    line = f'<line x1="210" y1="0" x2="210" y2="{at}" stroke="#888" stroke-dasharray="3"/>'
    return "\n".join([head, '<rect width="100%" height="100%" fill="white"/>', *bars, line, "</svg>", ""])


def _label(x: float, y: float, text: str) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}">{text}</text>'


if __name__ == "__main__":
    write({})

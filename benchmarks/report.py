"""The results of `scripts/bench` as text, as a page of the docs and as a picture."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

from benchmarks.candidates import CANDIDATES
from benchmarks.scenarios import SCENARIOS

DOCS = Path(__file__).parents[1] / "docs"


def rows(results: dict[str, Any]) -> list[tuple[str, str, float, float, float, float]]:
    """Scenario, candidate, records per second, microseconds of processor time per record, and both as ratios to SQL (above 1 is faster)."""
    found = []
    for scenario, candidates in results["scenarios"].items():
        medians = {
            name: (statistics.median(figures["wall"]), statistics.median(figures["cpu"]))
            for name, figures in candidates.items()
            if isinstance(figures, dict)
        }
        wall, cpu = medians.get("sql", (float("nan"), float("nan")))
        for name, (seconds, used) in medians.items():
            count = results["records"]
            found.append((scenario, name, count / seconds, 1e6 * used / count, wall / seconds, cpu / used))
    return found


def text(results: dict[str, Any]) -> str:
    """The results as a table for a terminal."""
    lines = [
        f"{'scenario':10} {'candidate':12} {'records/s':>11} {'us CPU/record':>14} {'rate to SQL':>12} {'CPU to SQL':>11}"
    ]
    for scenario, name, rate, used, faster, cheaper in rows(results):
        lines.append(f"{scenario:10} {name:12} {rate:11,.0f} {used:14.2f} {faster:12.2f} {cheaper:11.2f}")
    for scenario, candidates in results["scenarios"].items():
        lines += [f"{scenario:10} {name:12} {why}" for name, why in candidates.items() if isinstance(why, str)]
    return "\n".join(lines)


def write(results: dict[str, Any]) -> list[Path]:
    """Write the results, the page of the docs and its picture. Returns the files."""
    files = {
        "benchmarks.json": json.dumps(results, indent=1) + "\n",
        "benchmarks.md": _page(results),
        "benchmarks.svg": _picture(results),
    }
    for name, content in files.items():
        (DOCS / name).write_text(content, encoding="utf-8")
    return [DOCS / name for name in files]


def _page(results: dict[str, Any]) -> str:
    at = results["machine"]
    lines = [
        "# Benchmarks", "",
        "This page is written by `scripts/bench --size full`. Do not edit it.", "",
        f"Each candidate reads {results['records']:,} JSON records from a Kafka topic and writes its output to another one, with "
        "parallelism 1. The broker runs on the same machine. Before a candidate is measured, its output is compared with that of "
        "Flink SQL, record for record. The candidates on Flink share one warm JVM. The figures are medians of "
        f"{results['rounds']} rounds, each of a long run without the figures of a short run: the start of a job does not count.", "",
        f"Machine: {at['cores']} cores ({at['cpu']}), {at['memory_gib']} GiB of memory, Flink {at['flink']}, Python {at['python']}.", "",
        "A ratio above 1 means that the candidate is faster, or uses less processor time, than Flink SQL written by hand.", "",
        "![Records per second of processor time, relative to Flink SQL](benchmarks.svg)", "",
    ]  # fmt: skip
    for scenario in results["scenarios"]:
        lines += [f"## {scenario}: {SCENARIOS[scenario].title}", ""]
        lines += [
            "| candidate | records per second | processor time per record | rate, to SQL | processor time, to SQL |"
        ]
        lines += ["|---|---:|---:|---:|---:|"]
        for one, name, rate, used, faster, cheaper in rows(results):
            if one == scenario:
                lines.append(f"| {CANDIDATES[name][0]} | {rate:,.0f} | {used:.2f} us | {faster:.2f} | {cheaper:.2f} |")
        for name, why in results["scenarios"][scenario].items():
            if isinstance(why, str):
                lines.append(f"| {CANDIDATES[name][0]} | {why} | | | |")
        lines.append("")
    return "\n".join(lines)


def _picture(results: dict[str, Any]) -> str:
    """Bars of the ratios of processor time, one group for each scenario."""
    colours = dict(zip(CANDIDATES, ("#9aa5b1", "#5b7083", "#0b6e99", "#35a7c8", "#c98a3a"), strict=True))
    bars, at = list[str](), 10
    for scenario in results["scenarios"]:
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

"""What comes out: rows of ratios, as a table, as lines of JSON and as a file with the machine."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"
DIFFERENT = 0.1


@dataclass(frozen=True)
class Row:
    """One figure of ours beside a peer's. peer is None where it could not be had."""

    name: str
    ours: float
    peer: float | None
    peer_name: str
    unit: str

    @property
    def ratio(self) -> float | None:
        """How many times the peer's figure is ours: above 1, we are faster (or smaller)."""
        return self.peer / self.ours if self.peer is not None and self.ours else None

    def json(self) -> dict[str, Any]:
        """The fields of a line of JSON."""
        return {"name": self.name, "ours": self.ours, "peer": self.peer,
                "peer_name": self.peer_name, "ratio": self.ratio, "unit": self.unit}  # fmt: skip


def figure(value: float | None, digits: int = 3) -> str:
    """A number with so many significant digits, never in powers of ten; - for None."""
    if value is None:
        return "-"
    whole = len(str(int(abs(value)))) if abs(value) >= 1 else 1
    return f"{value:.{max(digits - whole, 0)}f}"


def text(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Columns as wide as their widest entry; the first to the left, the others to the right."""
    table = [list(head), *(list(line) for line in lines)]
    widths = [max(len(line[k]) for line in table) for k in range(len(head))]
    return "\n".join(
        "  ".join(
            entry.rjust(width) if k else entry.ljust(width)
            for k, (entry, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in table
    )


def ratios(rows: Iterable[Row]) -> str:
    """The rows as a table."""
    return text(
        ("", "ours", "peer", "ratio", "unit", "peer's name"),
        [(r.name, figure(r.ours), figure(r.peer), figure(r.ratio), r.unit, r.peer_name)
         for r in rows],
    )  # fmt: skip


def median(values: Iterable[float]) -> float:
    """The median as a plain float."""
    return float(statistics.median(values))


def rates_differ(ours: Sequence[float], peer: Sequence[float]) -> list[int]:
    """The populations whose mean rates differ by more than 10% of the peer's."""
    pairs = enumerate(zip(ours, peer, strict=True))
    return [k for k, (a, b) in pairs if abs(a - b) > DIFFERENT * max(abs(b), 1e-12)]


def loads() -> list[float]:
    """Processes that ran or waited, on average over the last 1, 5 and 15 minutes."""
    return [round(load, 2) for load in os.getloadavg()]


def machine() -> dict[str, Any]:
    """What was measured on."""
    model = platform.processor()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(x.partition(":")[2].strip() for x in lines if x.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def result(benchmark: str, kind: str) -> Path:
    """The file of today's results."""
    RESULTS.mkdir(exist_ok=True)
    return RESULTS / f"{date.today().isoformat()}-{benchmark}.{kind}"


def report(
    benchmark: str, rows: Sequence[Row], details: dict[str, Any], as_json: bool, save: bool
) -> None:
    """Print the rows; with `save`, write them with all details to results/."""
    if as_json:
        for row in rows:
            print(json.dumps(row.json()))
    else:
        print(ratios(rows))
    if save:
        path = result(benchmark, "json")
        content = {"benchmark": benchmark, "date": date.today().isoformat(), "machine": machine(),
                   **details, "rows": [row.json() for row in rows]}  # fmt: skip
        path.write_text(json.dumps(content, indent=1) + "\n")
        if not as_json:
            print(f"saved: {path}")

"""Graphs in graphs as one graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Port:
    """Where a graph in a graph was entered or left; it changes nothing."""


def flat(graph: Any, inside: str = "") -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The nodes and edges of a graph. Those of a graph in it are called after both, "outer/inner";
    what led to it leads to its Input nodes, and what left it leaves its Output nodes."""
    nodes: dict[str, Any] = {}
    edges: list[tuple[str, str]] = []
    entries: dict[str, list[str]] = {}
    exits: dict[str, list[str]] = {}
    for name, node in graph.nodes.items():
        here = f"{inside}{name}"
        kind = type(node).__name__
        entries[name] = exits[name] = [here]
        if kind == "NIRGraph":
            below, ways = flat(node, f"{here}/")
            nodes |= below
            edges += ways
            kinds = {n: type(x).__name__ for n, x in node.nodes.items()}
            entries[name] = [f"{here}/{n}" for n, k in kinds.items() if k == "Input"]
            exits[name] = [f"{here}/{n}" for n, k in kinds.items() if k == "Output"]
        else:
            nodes[here] = Port() if inside and kind in ("Input", "Output") else node
    for a, b in graph.edges:
        edges += [
            (x, y) for x in exits.get(a, [f"{inside}{a}"]) for y in entries.get(b, [f"{inside}{b}"])
        ]
    return nodes, edges

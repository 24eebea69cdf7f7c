"""The report of a fit: every rule with value, limit, place and remedy; text, JSON and HTML."""

from __future__ import annotations

import html
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import UnfitError
from .target import Finding, Fitted

_SIGNS = {"fits": "ok", "warns": "warning", "breaks": "DOES NOT FIT"}
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}
.fits{color:#1a7f37}.warns{color:#9a6700}.breaks{color:#cf222e;font-weight:600}
.bar{background:#eee;width:6rem;height:.7rem}.bar div{height:100%;background:currentColor}
small{color:#666}
"""


@dataclass(frozen=True)
class Fit:
    """Does a network fit a target? findings: every rule, wherever it was looked at."""

    target: str
    title: str
    verified: str
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, name: str, target: Fitted, findings: tuple[Finding, ...]) -> Fit:
        """The report of what a check found."""
        return cls(name, target.title, target.verified, findings)

    def __bool__(self) -> bool:
        return self.fits

    @property
    def fits(self) -> bool:
        """Is no rule broken?"""
        return all(f.verdict != "breaks" for f in self.findings)

    @property
    def broken(self) -> tuple[Finding, ...]:
        """The findings that stand against an export."""
        return tuple(f for f in self.findings if f.verdict == "breaks")

    def ranked(self) -> list[Finding]:
        """The findings, the worst first."""
        return sorted(self.findings, key=lambda f: list(_SIGNS)[::-1].index(f.verdict))

    def require(self) -> None:
        """Raise UnfitError, with all that is broken, unless the network fits."""
        if not self.fits:
            raise UnfitError(
                f"the network does not fit {self.title}:\n"
                + "\n".join(_line(f) for f in self.broken)
            )

    def text(self) -> str:
        """For people, the broken rules first."""
        lines = [*self._head(), *(_line(f) for f in self.ranked())]
        return "\n".join(lines)

    def brief(self) -> str:
        """The same; of the rules that are kept, their number alone."""
        told = [f for f in self.ranked() if f.verdict != "fits"]
        kept = len(self.findings) - len(told)
        count = [f"  {_SIGNS['fits']:12} {kept} rules (--all: each of them)"] if kept else []
        return "\n".join([*self._head(), *map(_line, told), *count])

    def _head(self) -> list[str]:
        return [f"{self.title}: {'fits' if self.fits else 'does not fit'}", self.verified, ""]

    def __str__(self) -> str:
        return self.text()

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        findings = [asdict(f) | {"share": f.share} for f in self.findings]
        return {
            "target": self.target, "title": self.title, "verified": self.verified,
            "fits": self.fits, "findings": findings,
        }  # fmt: skip

    def json(self) -> str:
        """The same as text for programs."""
        return json.dumps(self.as_dict(), indent=1)

    def write(self, folder: Path) -> None:
        """fit.txt, fit.json and fit.html."""
        for suffix in ("text", "json", "html"):
            name = "fit.txt" if suffix == "text" else f"fit.{suffix}"
            (folder / name).write_text(getattr(self, suffix)() + "\n", "utf-8")

    def html(self) -> str:
        """A page of its own, that loads nothing."""
        rows = "\n".join(_row(f) for f in self.ranked())
        verdict = "fits" if self.fits else "does not fit"
        title = html.escape(f"{self.title}: {verdict}")
        return (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
            f"<style>{_STYLE}</style><h1>{title}</h1><p>Checked: {html.escape(self.verified)}.</p>"
            "<table><thead><tr><th>rule</th><th>place</th><th></th><th>share</th><th>what</th>"
            f"<th>remedy</th></tr></thead><tbody>{rows}</tbody></table></html>\n"
        )


def _percent(f: Finding) -> str:
    """Of the limit; nothing where it is no measure, as beside a limit that stands for none."""
    return "" if f.share is None or f.share >= 100 else f"{100 * f.share:.3g}%"


def _line(f: Finding) -> str:
    share = f" ({_percent(f)})" if _percent(f) else ""
    remedy = f"; {f.remedy}" if f.remedy else ""
    source = f" [{f.confidence}: {f.source}]" if f.source else ""
    return f"  {_SIGNS[f.verdict]:12} {f.rule}, {f.place}: {f.detail}{share}{remedy}{source}"


def _row(f: Finding) -> str:
    bar = ""
    if f.share is not None:
        width = 100 * min(max(f.share, 0), 1)
        bar = f'<div class="bar"><div style="width:{width:.0f}%"></div></div>{_percent(f)}'
    source = f"<br><small>{html.escape(f'{f.confidence}: {f.source}')}</small>" if f.source else ""
    cells = (html.escape(x) for x in (f.rule, f.place))
    return (
        f"<tr class={f.verdict}>{''.join(f'<td>{x}</td>' for x in cells)}"
        f"<td>{_SIGNS[f.verdict]}</td><td>{bar}</td><td>{html.escape(f.detail)}{source}</td>"
        f"<td>{html.escape(f.remedy)}</td></tr>"
    )

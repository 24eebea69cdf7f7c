"""The commands, each a few lines: what they do is in the library."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .. import __version__, exporters, here
from ..backends.memory import size_text
from ..errors import ParameterError
from ..exporters import program, pynn
from ..exporters.nir import export_nir, readers, write_nir
from ..exporters.verify import PEERS
from ..files import check, replacing
from ..results.table import TITLES, activity
from ..simulate import compile_network, estimate_memory
from . import catalogue, script

app = typer.Typer(
    help="Spiking neural networks: one description, run on NumPy, JAX and C++.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Net = Annotated[Path, typer.Argument(help="a script as for `run`, or a NIR graph, FILE.nir")]
Rate = Annotated[str, typer.Option(help="of Poisson spikes into the inputs of a NIR graph")]
File = Annotated[Path, typer.Argument(help="a script that defines network(), or net = Network()")]
Backend = Annotated[str, typer.Option(help="cpp, jax, cuda, numpy, or auto: the fastest one here")]


def _version(wanted: bool) -> None:
    if wanted:
        print(f"spikesim {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="show the traceback of an error")] = False,
    version: Annotated[
        bool,
        typer.Option("--version", help="which version this is", callback=_version, is_eager=True),
    ] = False,
) -> None:
    """`--debug` is taken by `main`, wherever it stands; here it is for the help page."""


@app.command()
def info() -> None:
    """Versions, processor, devices, and each backend or the reason why it can't be used."""
    show(here.machine(), "", "")
    show(here.backends().items(), "backend", "")


@app.command()
def run(
    file: File,
    duration: Annotated[str, typer.Option(help="of model time: 500ms, '2 seconds'")] = "1 s",
    backend: Backend = "auto",
    seed: Annotated[int | None, typer.Option(help="in place of the network's own")] = None,
    out: Annotated[Path | None, typer.Option(help="save the results in this file")] = None,
    report: Annotated[Path | None, typer.Option(help="write a report in HTML")] = None,
) -> None:
    """Run the network of a script and print the rates of its populations."""
    length = script.duration(duration)
    script.check_places(file, out, report)
    net = script.load(file)
    if seed is not None:
        net.seed = seed
    for written in filter(None, (out, report)):
        check(written)
    model = compile_network(net, backend)
    results = model.run(length, progress=Console().is_terminal)
    if results.duration == 0:
        raise ParameterError(
            f"duration is {duration!r}; expected at least one step, {results.dt:g} ms"
        )
    rates = [(name, *activity(one)) for name, one in results.populations.items()]
    show(rates, "population", *TITLES)
    if all(recorded == "-" for _, recorded, *_ in rates):
        print("Nothing tells of rates: record spikes, as in net.record(population, 'spikes').")
    print(
        f"{results.duration:g} ms of model time on {results.backend}: compiled in "
        f"{model.took:.2f} s, run in {results.took:.2f} s"
    )
    if out is not None:
        results.save(out)
        print(f"results: {out}")
    if report is not None:
        model.report(results, report)
        print(f"report: {report}")


@app.command()
def models() -> None:
    """The neurons, synapses, rules and stimuli that come with the package."""
    for kind, found in catalogue.models().items():
        show(found.items(), kind, "")


@app.command()
def memory(
    file: File,
    backend: Backend = "auto",
    duration: Annotated[str, typer.Option(help="with the recordings of such a run")] = "",
) -> None:
    """What the network of a script would take in memory; nothing is allocated."""
    length = script.duration(duration) if duration else None
    found = estimate_memory(script.load(file), backend, length)
    rows = [*found.parts.items(), ("total", found.total)]
    show([(name, size_text(size)) for name, size in rows], "part", "memory")
    if length is not None:
        print("Spikes that are recorded come on top, 16 bytes each.")


@app.command()
def fit(
    file: Net,
    target: Annotated[
        str, typer.Option(help="a chip, a reader of NIR, a profile of PyNN, a form: see `targets`")
    ],
    every: Annotated[bool, typer.Option("--all", help="also the rules that are kept")] = False,
    json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    report: Annotated[Path | None, typer.Option(help="write a page in HTML")] = None,
) -> None:
    """Does a network fit a chip? What breaks a rule, or is changed, and the remedy; exits with 1 if
    it does not fit."""
    script.check_places(file, report)
    found = exporters.fit(script.network(file, "0 Hz"), target)
    if report is not None:
        with replacing(report) as draft:
            draft.write_text(found.html(), "utf-8")
    print(found.json() if json else found.text() if every else found.brief())
    if not found:
        raise typer.Exit(1)


@app.command()
def compare(
    file: Net,
    target: Annotated[str, typer.Option(help="a chip: see `targets`")],
    duration: Annotated[str, typer.Option(help="of model time")] = "200 ms",
    seed: Annotated[int | None, typer.Option(help="of the run")] = None,
    rate: Rate = "50 Hz",
) -> None:
    """What a chip does to the spikes of a network, as a whole and by cause; nothing is written."""
    length = script.duration(duration)
    print(exporters.compare(script.network(file, rate), target, length, seed=seed))


@app.command()
def export(
    file: Net,
    target: Annotated[
        str,
        typer.Option(
            help="a chip, `nir`, a reader of NIR, a profile of PyNN, or a form: see `targets`"
        ),
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="a new folder; or FILE.nir")],
    duration: Annotated[str, typer.Option(help="of the golden vectors")] = "200 ms",
    seed: Annotated[int | None, typer.Option(help="of the run that gives them")] = None,
    rate: Rate = "50 Hz",
) -> None:
    """Write a network for a chip, as a script of PyNN or as a program for another runtime, with
    golden vectors, or as a NIR graph."""
    length = script.duration(duration)
    script.check_places(file, out)
    net = script.network(file, rate)
    if target == "nir" or (target in readers.names() and out.suffix == ".nir"):
        ahead = write_nir(net, out, "" if target == "nir" else target)
        for name, steps in ahead.items():
            print(f"{name}: the reader has its spikes {steps} steps earlier" if steps else name)
    elif target in readers.names():
        print(export_nir(net, out, target, length, seed).brief())
    elif target in pynn.profiles():
        print(pynn.write_pynn(net, out, target, length, seed).brief())
    elif target in program.forms():
        print(program.write_program(net, out, target, length, seed).brief())
        print((out / "match.txt").read_text("utf-8"))
    else:
        exporters.export(net, target, out, length, seed)
        print((out / "match.txt").read_text("utf-8"))
        *_, energy, time = (out / "energy.txt").read_text("utf-8").splitlines()
        print(f"{energy}\n{time}\n(a model, see energy.txt)\n")
    print(f"written: {out}")


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(help="what `export` wrote")],
    tool: Annotated[
        str, typer.Option("--with", help=f"somebody else's software: {', '.join(PEERS)}")
    ],
    required: Annotated[
        bool, typer.Option("--required", help="exit with 1 also where the software is not here")
    ] = False,
) -> None:
    """Run another's software on an exported folder: equal, or the first step that differs. Exits
    with 1 where it differs or the folder can't be run."""
    verdict = exporters.verify(folder, tool)
    print(verdict.text)
    if verdict.equal is False or (verdict.skipped and required):
        raise typer.Exit(1)


@app.command()
def targets() -> None:
    """Where networks can be exported to: chips, readers of NIR, PyNN; and how each is checked."""
    chips = exporters.targets
    rows = [(name, chips.find(name).title, chips.find(name).verified) for name in chips.names()]
    show(rows, "chip", "", "checked")
    found = [(name, readers.find(name)) for name in readers.names()]
    show([(n, r.title, r.verified, r.exact) for n, r in found], "reader of NIR", "", "checked",
         "what is exact")  # fmt: skip
    written = [(name, program.find(name)) for name in program.forms()]
    show([(name, f.title, f.verified) for name, f in written], "form of programs", "", "checked")
    machines = [(name, pynn.machines.find(name)) for name in pynn.profiles()]
    show([(name, m.title, m.verified) for name, m in machines], "PyNN", "", "checked")


def show(rows: Any, *titles: str) -> None:
    """Print a table; numbers stand to the right."""
    rows = [[str(cell) for cell in row] for row in rows]
    table = Table(box=None, show_header=any(titles), padding=(0, 2, 0, 0), header_style="bold")
    for k, title in enumerate(titles):
        right = k > 0 and all(row[k][:1].isdigit() or row[k] == "-" for row in rows)
        table.add_column(title, justify="right" if right else "left", no_wrap=k == 0)
    for row in rows:
        table.add_row(*map(escape, row))
    Console().print(table)
    print()

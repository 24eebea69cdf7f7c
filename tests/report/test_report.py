"""The report: its tables as text, and the page in a real browser, where there is one."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spikesim as sp
from spikesim import results
from spikesim.errors import ParameterError
from spikesim.report import data
from spikesim.units import Hz, ms, mV, pA

MOST_BYTES = 6_000_000


def write(path: Path, **options: Any) -> str:
    """A report of a small run at `path`; returns its text."""
    net = sp.Network(dt=0.1 * ms, seed=1)
    exc = net.population("exc", 80, sp.neurons.Poisson(rate=20 * Hz))
    inh = net.population("inh", 20, sp.neurons.LIF(), v=sp.uniform(-70 * mV, -50 * mV))
    quiet = net.population("unheard", 1, sp.neurons.LIF())
    net.project(exc, inh, sp.fixed_probability(0.1), weight=0.5 * mV, delay=1.5 * ms)
    net.stimulate([inh, quiet], sp.dc(400 * pA))
    net.record([exc, inh], "spikes")
    model = net.compile("numpy")
    model.report(model.run(200 * ms, **options), path)
    return path.read_text("utf-8")


def test_tables(tmp_path: Path) -> None:
    text = unescape(re.sub(r"<[^>]+>", " ", write(tmp_path / "small.html", seed=3)))
    for part in (
        *(
            "101 neurons, 1 projection, 200 ms",
            "seed 3",
            "exc->inh",
            "fixed_probability(p=0.1)",
            "160",
        ),
        *("0.5 mV", "400 pA", "Timing", "Memory, estimated", "total", "Versions", "NumPy"),
        *("Parameters of inh", "fixed_probability(p=0.1)", "membrane time constant"),
        "uniform(low=-70, high=-50) mV",
    ):
        assert part in text, part


def test_page_needs_nothing_else(tmp_path: Path) -> None:
    text = write(tmp_path / "small.html")
    assert not re.search(r"https?:|<link|\bsrc=|@import|url\(", text)
    assert len(text) < 200_000


def test_a_later_stretch_is_shown() -> None:
    net = sp.Network(dt=0.1 * ms, seed=1)
    net.record(net.population("exc", 50, sp.neurons.Poisson(rate=50 * Hz)), "spikes")
    simulation = net.compile("numpy").start()
    simulation.run(1000 * ms)
    later = simulation.run(100 * ms)
    found = json.loads(data.embedded(later)[0])
    t, rate = (
        np.frombuffer(base64.b64decode(found["populations"][0][key]), "<f4")
        for key in ("t", "rate")
    )
    assert found["start"] == pytest.approx(1000)
    np.testing.assert_allclose(t + 1000, later["exc"].spikes.t, atol=1e-3)
    assert rate.mean() == pytest.approx(later["exc"].spikes.rate(), rel=1e-4)


def test_names_are_no_markup(tmp_path: Path) -> None:
    net = sp.Network(dt=0.1 * ms)
    evil = net.population("<img", 1, sp.neurons.Poisson())
    net.record(evil, "spikes")
    model = net.compile("numpy")
    model.report(model.run(5 * ms), tmp_path / "evil.html")
    text = (tmp_path / "evil.html").read_text("utf-8")
    assert "<img" not in text and "&lt;img" in text


def test_without_spikes_there_are_tables(tmp_path: Path) -> None:
    net = sp.Network(dt=0.1 * ms)
    net.population("cells", 1, sp.neurons.LIF())
    model = net.compile("numpy")
    model.report(model.run(1 * ms), tmp_path / "silent.html")
    text = (tmp_path / "silent.html").read_text("utf-8")
    assert "<div hidden>" in text and "addEventListener" not in text


def test_many_spikes_make_no_large_file() -> None:
    rng = np.random.default_rng(1)
    count, size = 2_000_000, 1000
    t = np.sort(rng.uniform(0, 1e4, count))
    spikes = results.Spikes(t, rng.integers(size, size=count), np.arange(size), 1e4)
    made = {"p": results.PopulationResult("p", {"spikes": spikes})}
    text, note = data.embedded(results.Results(made, 1e4, 0.1, 1, "numpy"))
    assert len(text) < MOST_BYTES
    assert note.startswith("Of the neurons, one in ")


def test_a_report_is_whole_or_not_there(tmp_path: Path) -> None:
    kept = write(tmp_path / "run.html")
    with pytest.raises(sp.errors.FileError, match="can't write"):
        write(tmp_path / "missing" / "run.html")
    assert (tmp_path / "run.html").read_text("utf-8") == kept
    assert [p.name for p in tmp_path.iterdir()] == ["run.html"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A browser: one that Playwright has installed, or the system's Chromium or Chrome."""
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    known = ("chromium", "chromium-browser", "google-chrome", "chrome")
    system = next(filter(None, map(shutil.which, known)), None)
    with api.sync_playwright() as play:
        own = Path(play.chromium.executable_path)
        if not own.exists() and system is None:
            pytest.skip("there is no Chromium")
        path = None if own.exists() else system
        opened = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield opened
        opened.close()


def view(page: Any) -> list[float]:
    return [float(one) for one in page.evaluate("document.body.dataset.view").split()]


def coloured(page: Any, canvas: str) -> int:
    """How many pixels of a canvas are neither white nor grey."""
    return int(page.evaluate("""(name) => {
        const it = document.getElementById(name);
        const all = it.getContext("2d").getImageData(0, 0, it.width, it.height).data;
        let found = 0;
        for (let k = 0; k < all.length; k += 4)
            found += all[k + 3] > 0 && Math.max(all[k], all[k + 1], all[k + 2])
                - Math.min(all[k], all[k + 1], all[k + 2]) > 40;
        return found;
    }""", canvas))  # fmt: skip


def test_in_a_browser(browser: Any, tmp_path: Path) -> None:
    write(tmp_path / "small.html")
    page = browser.new_page(viewport={"width": 1000, "height": 900})
    faults: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.on("console", lambda said: said.type == "error" and faults.append(said.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto((tmp_path / "small.html").as_uri())
    page.wait_for_timeout(200)
    assert view(page) == [0, 200, 0, 1]
    assert coloured(page, "raster") > 300 and coloured(page, "rates") > 300

    box = page.locator("#raster").bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.wheel(0, -600)
    page.wait_for_timeout(200)
    start, stop, *rows = view(page)
    assert 0 < start < stop < 200 and rows == [0, 1]
    before = page.locator("#raster").screenshot()
    page.mouse.down()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.up()
    page.wait_for_timeout(200)
    assert view(page)[0] > start and view(page)[1] - view(page)[0] == pytest.approx(stop - start)
    assert page.locator("#raster").screenshot() != before
    page.keyboard.down("Shift")
    page.mouse.wheel(0, -600)
    page.keyboard.up("Shift")
    page.wait_for_timeout(200)
    assert view(page)[3] - view(page)[2] < 0.9
    page.click("#closer")
    page.click("#wider")
    page.click("#all")
    page.wait_for_timeout(200)
    assert view(page) == [0, 200, 0, 1]
    assert not faults
    assert len(asked) == 1  # the page itself


def test_arguments_the_wrong_way_round(tmp_path: Path) -> None:
    model = sp.Network(dt=0.1 * ms)
    model.population("p", 2, sp.neurons.LIF())
    made = model.compile("numpy")
    result = made.run(1 * ms)
    with pytest.raises(ParameterError, match=r"expected the results of a run, then a path, got"):
        made.report(tmp_path / "run.html", result)


def test_silence_in_a_browser(browser: Any, tmp_path: Path) -> None:
    """It says so, and the axis of rates goes to 1 and not to a billionth."""
    net = sp.Network(dt=0.1 * ms)
    net.record(net.population("cells", 20, sp.neurons.LIF()), "spikes")
    model = net.compile("numpy")
    model.report(model.run(20 * ms), tmp_path / "silent.html")
    page = browser.new_page()
    page.add_init_script(
        "const write = CanvasRenderingContext2D.prototype.fillText; window.written = [];"
        "CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {"
        " window.written.push(String(text)); return write.call(this, text, ...rest); };"
    )
    page.goto((tmp_path / "silent.html").as_uri())
    page.wait_for_function("window.written.includes('time (ms)')")
    written = page.evaluate("window.written")
    assert "no spikes" in written and "1" in written
    assert not any("e-" in text for text in written)

"""Verilog: the network as synthesizable RTL, one neuron after the other, with a test bench.

Numbers and rule are those of the target loihi2; memory and cycles are an FPGA's. The
module is scripts/lif.v; what is written here are its memories and its parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np

from ..artefact import write_scripts
from ..chip import Chip, Trace
from ..energy import Cost
from ..normal import Normal
from ..target import Finding, Limit
from .loihi2 import RULES, Loihi2, summed

_TRELLIS = "nextpnr-ecp5 0.11: LFE5U-25F, 56 DP16KD of 18 Kbit"
_ROUTED = "Yosys 0.23, nextpnr-ecp5 0.11: 55 MHz in an LFE5U-25F, speed grade 6, with few synapses"
_MEGAHERTZ = 50
_NEURON = 110 + 32 + 24  # bits of a word of neurons.hex, of u and of v
_PIPELINE = 8  # cycles from the last word to its neuron's state, and the start


class Verilog(Loihi2):
    """The rule of Loihi 2 as an FPGA's."""

    title = "Verilog, integers (the rule of Lava's fixed point)"
    verified = (
        "bit for bit in Icarus Verilog, a simulator; synthesized by Yosys; not run on an FPGA"
    )
    peer = "iverilog"
    costs: ClassVar[Mapping[str, Cost]] = {
        "synapse": Cost(None, 1e-6 / _MEGAHERTZ, "the module itself, a cycle", "vendor code"),
        "input": Cost(None, 1e-6 / _MEGAHERTZ, "the module itself, a cycle", "vendor code"),
        "step": Cost(None, _PIPELINE * 1e-6 / _MEGAHERTZ, "the module itself", "vendor code"),
    }
    limits: ClassVar[Mapping[str, Limit]] = {
        **RULES,
        "block RAM": Limit(
            56 * 18 * 1024, "bits of memory of a Lattice ECP5 LFE5U-25F", _TRELLIS, "third party"
        ),
        "clock": Limit(_MEGAHERTZ, "MHz for a step in the time of dt", _ROUTED, "third party"),
    }

    def check_chip(self, normal: Normal) -> Iterable[Finding]:
        sizes = _sizes_of(normal)
        yield self.at_most(
            "block RAM", "network", sizes.memory, "fewer synapses, or a larger part", "warns"
        )
        yield self.at_most(
            "clock", "network", sizes.cycles / (1000 * normal.dt),
            "fewer synapses, or a longer dt", "warns",
        )  # fmt: skip
        yield Finding(
            "latency", "network", "fits", f"{sizes.cycles} cycles a step", value=sizes.cycles
        )

    def scale(self, normal: Normal) -> Chip:
        return replace(super().scale(normal), target="verilog", most=255)  # 8 bits

    def write(self, chip: Chip, trace: Trace, folder: Path) -> None:
        for name, text in emit(chip).items():
            (folder / name).write_text(text, "utf-8")
        write_scripts(folder, "lif.v", "program.py", "run_iverilog.py")


@dataclass(frozen=True)
class _Sizes:
    """Of the memories, in words; no memory is empty."""

    inputs: int
    neurons: int
    synapses: int
    steps: int

    @property
    def distance_bits(self) -> int:
        """Of how far back a spike lies."""
        return _bits(max(self.inputs, self.neurons) * self.steps + 1)

    @property
    def memory(self) -> int:
        """Bits of all memories."""
        spikes = (self.steps + 1) * (8 * self.inputs + self.neurons)
        return self.synapses * (16 + self.distance_bits) + self.neurons * _NEURON + spikes

    @property
    def cycles(self) -> int:
        """Of a step, from `start` until it is done."""
        return self.synapses + self.inputs + _PIPELINE


def _bits(n: int) -> int:
    """Of a number less than n; at least one."""
    return max(1, (n - 1).bit_length())


def _sizes_of(normal: Normal) -> _Sizes:
    """What `emit` will write, known from the network before it is rounded."""
    synapses = [summed(s) for s in normal.synapses]
    fed = sum(len(set().union(*(np.unique(s.post) for s in synapses if s.target == one.name)))
              for one in normal.layers)  # fmt: skip
    neurons = sum(one.size for one in normal.layers)
    steps = max((int(s.latency.max(initial=1)) for s in synapses), default=1)
    words = sum(map(len, synapses)) + neurons - fed
    return _Sizes(max(sum(normal.sources.values()), 1), neurons, words, steps)


def emit(chip: Chip) -> dict[str, str]:
    """net.v, test.v, synapses.hex and neurons.hex of a chip in integers, by name."""
    firsts = _firsts(chip.sources) | _firsts({one.name: one.size for one in chip.layers})
    words = _words(chip, firsts)
    steps = int(words["latency"].max())
    inputs = sum(chip.sources.values())
    sizes = _Sizes(max(inputs, 1), sum(o.size for o in chip.layers), len(words["pre"]), steps)
    numbers = {
        "INPUTS": sizes.inputs, "NEURONS": sizes.neurons, "SYNAPSES": sizes.synapses,
        "STEPS": steps, "INPUT_BITS": _bits(sizes.inputs), "NEURON_BITS": _bits(sizes.neurons),
        "SYNAPSE_BITS": _bits(sizes.synapses), "DISTANCE_BITS": sizes.distance_bits,
    }  # fmt: skip
    every = dict(chip.sources) | {one.name: one.size for one in chip.layers}
    groups = "".join(f"// {name}: from {firsts[name]}, {n}\n" for name, n in every.items())
    parameters = ", ".join(f".{k}({v})" for k, v in numbers.items())
    return {
        "net.v": _NET.format(
            dt=chip.dt, groups=groups, parameters=parameters, cycles=sizes.cycles,
            last_input=_bits(sizes.inputs) - 1, last_neuron=_bits(sizes.neurons) - 1,
        ),
        "test.v": _TEST.format(
            given=inputs, neurons=sizes.neurons, input_bits=_bits(sizes.inputs),
            neuron_bits=_bits(sizes.neurons),
        ),
        "synapses.hex": _synapses(words, sizes),
        "neurons.hex": _neurons(chip),
    }  # fmt: skip


def _firsts(sizes: Mapping[str, int]) -> dict[str, int]:
    """Where each group starts among all."""
    ends = np.cumsum([0, *sizes.values()])
    return {name: int(at) for name, at in zip(sizes, ends, strict=False)}


def _words(chip: Chip, firsts: Mapping[str, int]) -> dict[str, np.ndarray]:
    """The synapses by neuron, projection and latency; a neuron without any has one of weight 0."""
    parts: list[tuple[np.ndarray, ...]] = []
    for k, s in enumerate(chip.synapses):
        numbers = k, int(s.source in chip.sources), s.exponent
        same = [np.full(len(s.pre), x) for x in numbers]
        parts.append((s.post + firsts[s.target], same[0], s.latency, s.pre + firsts[s.source],
                      s.weight, *same[1:]))  # fmt: skip
    fed = np.concatenate([p[0] for p in parts]) if parts else np.zeros(0, np.int64)
    alone = np.setdiff1d(np.arange(sum(one.size for one in chip.layers)), fed)
    parts.append((alone, *(np.full(len(alone), x) for x in (0, 1, 0, 0, 1, 0))))
    names = "post", "projection", "latency", "pre", "weight", "from source", "exponent"
    found = {n: np.concatenate(x).astype(np.int64) for n, x in zip(names, zip(*parts, strict=True),
                                                                  strict=True)}  # fmt: skip
    order = np.lexsort([found[n] for n in ("pre", "latency", "projection", "post")])
    return {name: x[order] for name, x in found.items()}


def _synapses(words: Mapping[str, np.ndarray], sizes: _Sizes) -> str:
    """synapses.hex."""
    changes = {n: np.diff(words[n], append=-1) != 0 for n in ("post", "projection", "latency")}
    last = changes["post"]
    row = np.where(words["from source"], sizes.inputs, sizes.neurons)
    packed = last.astype(np.uint64)
    for value, bits in (
        (last | changes["projection"] | changes["latency"], 1),
        (words["from source"], 1),
        (7 - words["exponent"], 4),
        (words["latency"] * row - words["pre"], sizes.distance_bits),
        (words["weight"] & 511, 9),
    ):
        packed = packed << np.uint64(bits) | value.astype(np.uint64)
    return "".join(f"{word:x}\n" for word in packed.tolist())


def _neurons(chip: Chip) -> str:
    """neurons.hex."""
    lines = []
    for one in chip.layers:
        p = one.parameters
        fields = [
            (4095 - p["du"], 12), (4096 - p["dv"], 13), (p["vth"], 17), (p["bias"], 20),
            (one.start["u"], 24), (one.start["v"], 24),
        ]  # fmt: skip
        columns = [np.broadcast_to(value, one.size).tolist() for value, _ in fields]
        for row in zip(*columns, strict=True):
            word = 0
            for value, (_, bits) in zip(row, fields, strict=True):
                word = word << bits | value & (1 << bits) - 1
            lines.append(f"{word:x}\n")
    return "".join(lines)


_NET = """\
// A spiking network: {cycles} cycles for one step of {dt:g} ms. Made by spikesim; see network.json.
// Places of the groups, sources in `in_source`, neurons in `out_neuron`:
{groups}module net (
    input  wire clk,
    input  wire reset,
    input  wire in_valid,  // while done: spikes of a source in the step to come, once
    input  wire [{last_input}:0] in_source,
    input  wire [7:0] in_spikes,
    input  wire start,  // while done: run the step
    output wire done,
    output wire out_valid,  // a neuron spikes in this step
    output wire [{last_neuron}:0] out_neuron
);
    lif #({parameters}) lif (
        .clk(clk), .reset(reset), .in_valid(in_valid), .in_source(in_source), .in_spikes(in_spikes),
        .start(start), .done(done), .out_valid(out_valid), .out_neuron(out_neuron)
    );
endmodule
"""

_TEST = """\
// Steps the network: bytes of spikes of the sources from the file `in`, one more a step that is no
// source; to the file `out` a byte for each neuron that spikes, u and v, of 32 bits, of each step.
module test;
    localparam GIVEN = {given}, NEURONS = {neurons};
    reg clk = 0, reset = 1, in_valid = 0, start = 0;
    reg [{input_bits}-1:0] in_source = 0;
    reg [7:0] in_spikes = 0;
    wire done, out_valid;
    wire [{neuron_bits}-1:0] out_neuron;
    net net (clk, reset, in_valid, in_source, in_spikes, start, done, out_valid, out_neuron);
    always #5 clk = !clk;

    reg [NEURONS-1:0] spikes;
    always @(posedge clk) if (out_valid) spikes[out_neuron] <= 1;

    integer from, to, byte, i, cycles, most;
    reg signed [31:0] state;

    task restart;
        begin
            @(negedge clk) reset = 1;
            @(negedge clk) reset = 0;
            while (!done) @(negedge clk);
        end
    endtask

    task step;
        begin
            @(negedge clk) {{in_valid, start}} = 2'b01;
            spikes = 0;
            @(negedge clk) start = 0;
            cycles = 1;
            while (!done) @(negedge clk) cycles = cycles + 1;
            if (cycles > most) most = cycles;
        end
    endtask

    task give(input integer source, input [7:0] count);
        @(negedge clk) begin
            in_valid = count != 0;
            in_source = source;
            in_spikes = count;
        end
    endtask

    initial begin
        most = 0;
        restart;
        repeat (3) begin  // a reset forgets these steps, and one that is under way
            for (i = 0; i < GIVEN; i = i + 1) give(i, 255);
            step;
        end
        @(negedge clk) start = 1;
        @(negedge clk) start = 0;
        repeat (9) @(negedge clk);
        restart;
        from = $fopen("in", "rb");
        to = $fopen("out", "wb");
        byte = $fgetc(from);
        while (byte != -1) begin
            for (i = 0; i < GIVEN; i = i + 1) begin
                give(i, byte);
                byte = $fgetc(from);
            end
            step;
            for (i = 0; i < NEURONS; i = i + 1) $fwrite(to, "%c", {{7'd0, spikes[i]}});
            for (i = 0; i < NEURONS; i = i + 1) begin
                state = net.lif.u[i];
                $fwrite(to, "%u", state);
            end
            for (i = 0; i < NEURONS; i = i + 1) begin
                state = net.lif.v[i];
                $fwrite(to, "%u", state);
            end
            byte = $fgetc(from);
        end
        $fclose(to);
        $display("%0d cycles a step", most);
        $finish;
    end
endmodule
"""

"""C99: the network as one header and one source, in 32-bit integers, without malloc or libraries.

Numbers and rule are those of the target loihi2; only the network's size is free.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np

from ..artefact import write_scripts
from ..chip import Chip, ChipSynapses, Trace
from ..energy import Cost
from ..normal import Normal
from ..target import Finding, Limit
from .loihi2 import RULES, Loihi2, summed


class C99(Loihi2):
    """The rule of Loihi 2 as portable C."""

    title = "C99, integers (the rule of Lava's fixed point)"
    verified = "bit for bit compiled by the host's cc, and for a Cortex-M3 in QEMU, an emulator"
    peer = "cc"
    limits: ClassVar[Mapping[str, Limit]] = RULES
    costs: ClassVar[Mapping[str, Cost]] = {}

    def check_chip(self, normal: Normal) -> Iterable[Finding]:
        constants, state = _sizes(normal)
        for rule, size in (("flash", constants), ("RAM", state)):
            yield Finding(rule, "network", "fits", f"{size} bytes of numbers", value=size)

    def scale(self, normal: Normal) -> Chip:
        return replace(super().scale(normal), target="c99", most=255)  # of uint8_t

    def write(self, chip: Chip, trace: Trace, folder: Path) -> None:
        header, source = emit(chip)
        (folder / "net.h").write_text(header, "utf-8")
        (folder / "net.c").write_text(source, "utf-8")
        programs = "program.py", "run_cc.py", "run_qemu.py"
        write_scripts(folder, *programs, "check.c", "cortex_m3.c", "cortex_m3.ld")


def emit(chip: Chip) -> tuple[str, str]:
    """net.h and net.c of a chip in integers."""
    sizes = dict(chip.sources) | {one.name: one.size for one in chip.layers}
    first = _firsts({name: sizes[name] for name in chip.sources})
    first |= _firsts({one.name: one.size for one in chip.layers})
    inputs = sum(chip.sources.values())
    neurons = sum(one.size for one in chip.layers)
    slots = 1 + max((int(s.latency.max(initial=0)) for s in chip.synapses), default=0)
    widest = max(one.size for one in chip.layers)
    tables = _Tables()
    blocks: list[str] = []
    for s in chip.synapses:
        for latency in np.unique(s.latency):
            start, post, weight = _rows(s, s.latency == latency, sizes[s.source])
            k = len(blocks)
            rows = (
                tables.add(f"start{k}", start), tables.add(f"post{k}", post),
                tables.add(f"weight{k}", weight),
            )  # fmt: skip
            fired = f"{'in' if s.source in chip.sources else 'out'} + {first[s.source]}"
            blocks.append(
                f"    send({fired}, {sizes[s.source]}, {', '.join(rows)}, "
                f"{first[s.target]}, {sizes[s.target]}, {latency}, {s.exponent});"
            )
    layers = []
    for k, one in enumerate(chip.layers):
        p = one.parameters
        bias = tables.add(f"bias{k}", np.broadcast_to(p["bias"], one.size), "int32_t")
        numbers = f"{4095 - p['du']}, {4096 - p['dv']}, {p['vth'] * 64}, {bias}"
        layers.append(f"    advance({first[one.name]}, {one.size}, {numbers}, out);")
    for x in "uv":
        start = np.concatenate([one.start[x] for one in chip.layers])
        tables.add(f"{x}_start", start, "int32_t")
    state = 4 * (neurons * (2 + slots) + widest + 1)
    groups = "".join(f"// {name}: from {first[name]}, {n}\n" for name, n in sizes.items())
    header = _HEADER.format(
        dt=chip.dt, inputs=inputs, neurons=neurons, tables=tables.bytes, state=state, groups=groups
    )
    source = _SOURCE.format(
        tables="\n".join(tables.text), slots=slots, widest=widest, layers="\n".join(layers),
        blocks="\n".join(blocks) or "    (void)send;",
    )  # fmt: skip
    return header, source


def _sizes(normal: Normal) -> tuple[int, int]:
    """Bytes of constants and of state in what `emit` writes."""
    sizes = dict(normal.sources) | {one.name: one.size for one in normal.layers}
    neurons = sum(one.size for one in normal.layers)
    slots = 1 + max((int(s.latency.max(initial=0)) for s in normal.synapses), default=0)
    constants = 3 * 4 * neurons
    for s in map(summed, normal.synapses):
        rows = len(np.unique(s.latency)) * (sizes[s.source] + 1)
        constants += 4 * rows + (2 + 4) * len(s)
    widest = max((one.size for one in normal.layers), default=0)
    return constants, 4 * (neurons * (2 + slots) + widest + 1)


def _firsts(sizes: dict[str, int]) -> dict[str, int]:
    ends = np.cumsum([0, *sizes.values()])
    return {name: int(at) for name, at in zip(sizes, ends, strict=False)}


def _rows(s: ChipSynapses, at: np.ndarray, sources: int) -> tuple[np.ndarray, ...]:
    """start [sources + 1], post [n], weight [n] of some synapses, sorted by source."""
    order = np.argsort(s.pre[at], kind="stable")
    start = np.searchsorted(s.pre[at][order], np.arange(sources + 1))
    return start, s.post[at][order], s.weight[at][order]


class _Tables:
    """Constant arrays, and how many bytes they take."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.bytes = 0

    def add(self, name: str, values: np.ndarray, kind: str = "") -> str:
        """The array's name; the kind is int16_t for weights, uint32_t for places."""
        kind = kind or ("int16_t" if name.startswith("weight") else "uint32_t")
        numbers = ", ".join(map(str, values.tolist())) or "0"
        self.text.append(f"static const {kind} {name}[] = {{{numbers}}};")
        self.bytes += max(len(values), 1) * (2 if kind == "int16_t" else 4)
        return name


_HEADER = """\
// A spiking network, one step of {dt:g} ms a call. Made by spikesim; see network.json.
// Places of the groups, sources in `in`, neurons in `out`, `net_u` and `net_v`:
{groups}#ifndef NET_H
#define NET_H
#include <stdint.h>

#ifdef __cplusplus
extern "C" {{
#endif

#define NET_INPUTS {inputs}
#define NET_NEURONS {neurons}
#define NET_TABLE_BYTES {tables}  // constants: flash
#define NET_STATE_BYTES {state}  // RAM, without padding

extern int32_t net_u[NET_NEURONS], net_v[NET_NEURONS];

void net_reset(void);
// in: spikes of each source in this step, 255 at most; out: 1 for each neuron that spikes.
void net_step(const uint8_t *in, uint8_t *out);

#ifdef __cplusplus
}}
#endif
#endif
"""

_SOURCE = """\
#include "net.h"

#define TOP 8388608  // 2^23
#define SLOTS {slots}

{tables}

int32_t net_u[NET_NEURONS], net_v[NET_NEURONS];
static uint32_t ring[SLOTS][NET_NEURONS];  // what arrives, by step; wraps as 32 bits do
static int32_t sum[{widest}];
static uint32_t now;

// The 32 bits as a signed number; a cast leaves it to the compiler.
static int32_t as_signed(uint32_t x) {{
    return x <= INT32_MAX ? (int32_t)x : -1 - (int32_t)(UINT32_MAX - x);
}}

static uint32_t shifted(int32_t x, int exponent) {{
    if (exponent >= 0) return (uint32_t)x << exponent;
    return x >= 0 ? (uint32_t)x >> -exponent : ~(~(uint32_t)x >> -exponent);
}}

static void send(const uint8_t *fired, uint32_t sources, const uint32_t *start,
                 const uint32_t *post, const int16_t *weight, uint32_t first, uint32_t size,
                 uint32_t latency, int exponent) {{
    for (uint32_t i = 0; i < size; i++) sum[i] = 0;
    for (uint32_t j = 0; j < sources; j++)
        if (fired[j])
            for (uint32_t k = start[j]; k < start[j + 1]; k++)
                sum[post[k]] += weight[k] * (int32_t)fired[j];
    uint32_t *slot = ring[(now + latency) % SLOTS] + first;
    for (uint32_t i = 0; i < size; i++) slot[i] += shifted(sum[i], exponent);
}}

static void advance(uint32_t first, uint32_t size, int32_t kept_u, int32_t kept_v, int32_t vth,
                    const int32_t *bias, uint8_t *out) {{
    for (uint32_t i = 0, n = first; i < size; i++, n++) {{
        uint32_t arriving = ring[now][n] << 6;
        ring[now][n] = 0;
        int64_t u = (int64_t)net_u[n] * kept_u / 4096;  // towards zero
        u = as_signed((uint32_t)u + arriving);
        if (u > TOP) u -= 2 * TOP;
        if (u <= -TOP) u += 2 * TOP;
        int64_t v = (int64_t)net_v[n] * kept_v / 4096 + u + bias[i];
        v = as_signed((uint32_t)v);
        if (v > TOP - 1) v = TOP - 1;
        if (v < 1 - TOP) v = 1 - TOP;
        out[n] = v > vth;
        net_u[n] = (int32_t)u;
        net_v[n] = out[n] ? 0 : (int32_t)v;
    }}
}}

void net_reset(void) {{
    now = 0;
    for (uint32_t n = 0; n < NET_NEURONS; n++) {{
        net_u[n] = u_start[n];
        net_v[n] = v_start[n];
        for (uint32_t s = 0; s < SLOTS; s++) ring[s][n] = 0;
    }}
}}

void net_step(const uint8_t *in, uint8_t *out) {{
    (void)in;  // where no source has a synapse
{layers}
{blocks}
    now = (now + 1) % SLOTS;
}}
"""

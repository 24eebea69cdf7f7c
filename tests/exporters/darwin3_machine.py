"""A Darwin3 of our own, to run `config_files`: knows nothing of what wrote them.

Decodes the words of axons, dendrites, registers and programs, and executes a program neuron by
neuron in Python's integers. Fields are those of darwin3_deployment 0.6.2.5; of what multiplication
rounds and where sums saturate, it assumes what docs/design/exporters.md says.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path


def signed(value: int, bits: int) -> int:
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def saturated(value: int) -> int:
    return max(-32768, min(32767, value))


class Core:
    def __init__(self, folder: Path, name: str) -> None:
        self.registers: dict[int, int] = {}
        self.memory: dict[int, int] = {}
        self.x, self.y = (int(word) for word in name.split("-"))
        for line in (folder / f"{name}-config.dwnc").read_text().splitlines():
            if line.startswith("#"):
                continue
            _, command, x, y, address, last = line.split()
            assert (int(x), int(y)) == (self.x, self.y)
            if command == "write":
                self.registers[int(address, 16)] = int(last, 16)
            else:
                words = (folder / last).read_text().split()
                for k, word in enumerate(words):
                    assert int(address, 16) + k not in self.memory
                    self.memory[int(address, 16) + k] = int(word, 16)
        self.size = (self.registers[0] >> 4 & 0xFFF) + 1
        self.vt, self.current = [0] * self.size, [0] * self.size
        self.sums = [0] * self.size

    def state(self, neuron: int) -> int:
        return self.memory[0x1FFFF - neuron]

    def hear(self, dendrite: int, offset: int) -> None:
        """A spike at a dendrite adds to the sums of the next step."""
        assert dendrite <= self.registers[1] >> 16
        head = self.memory[0x10000 + dendrite]
        ids, kind, length = head >> 32, head >> 29 & 7, (head >> 17 & 0xFFF) + 1
        assert kind == 0 and not head >> 16 & 1 and offset == 0
        bits = {0: 8, 1: 6, 2: 4, 3: 2, 4: 16}[self.registers[8] >> 24 & 7]
        for k in range(length):
            word = self.memory[0x10000 + ids + k // 4]
            neuron = word >> 12 * (3 - k % 4) & 0xFFF
            many = 48 // bits
            word = self.memory[0x10000 + (head & 0xFFFF) + k // many]
            self.sums[neuron] += signed(word >> bits * (many - 1 - k % many), bits)

    def targets(self, neuron: int) -> list[tuple[int, int, int]]:
        """x, y and dendrite of all that a neuron's spike reaches."""
        at, found = self.memory[0x8000 + neuron] >> 12, []
        while True:
            word = self.memory[0x8000 + at]
            dx = (word >> 20 & 15) * (-1 if word >> 24 & 1 else 1)
            dy = (word >> 15 & 15) * (-1 if word >> 19 & 1 else 1)
            found.append((self.x + dx, self.y + dy, word & 0x7FFF))
            if word >> 25:
                return found
            at += 1

    def times(self, value: int, parameter: int) -> int:
        product, shift = value * parameter, self.registers[8] & 15
        assert self.registers[8] & 0x80  # symmetric rounding
        half = 1 << shift - 1
        return (product + half) >> shift if product >= 0 else -((-product + half) >> shift)

    def step(self) -> list[int]:
        """Run the program for all neurons; those that spike."""
        sums, self.sums = self.sums, [0] * self.size
        return [n for n in range(self.size) if self._run(n, saturated(sums[n]))]

    def _run(self, neuron: int, wgtsum: int) -> bool:
        r = [signed(self.registers[0x800 + k], 16) for k in range(16)]
        a, b, c = (self.registers[k] for k in (0x11, 0x12, 0x13))
        p0, p1, p4, p7, p9 = a & 255, a >> 8 & 0xFFFF, b & 255, b >> 24, c >> 8 & 255
        assert not p1 and not p9
        fired, at = False, 0
        while True:
            word = self.registers[0x1000 + at]
            opcode, rs, rt = word >> 11, word >> 7 & 15, word >> 3 & 15
            if opcode == 0:  # ADD
                r[rs] = saturated(r[rs] + r[rt])
            elif opcode == 4:  # SFTI
                r[rs] = r[rs] >> (word & 15) if word >> 6 & 1 else saturated(r[rs] << (word & 15))
            elif opcode == 16 and not word >> 10 & 1:  # LSIS LOAD
                loaded = {
                    6: self.vt[neuron], 4: self.current[neuron], 2: wgtsum,
                    1: signed(self.state(neuron), 16),
                }  # fmt: skip
                for bit, value in loaded.items():
                    if word >> bit & 1:
                        r[6 - bit] = value
                assert not word & 0b10101001
            elif opcode == 16:  # LSIS STORE
                assert word & 0xFF == 0b1010000
                self.vt[neuron], self.current[neuron] = r[0], r[2]
            elif opcode == 17:  # UPTVT
                total = r[0] * p0 + r[2] * p7
                r[0] = saturated(self.times(total, 1))
            elif opcode == 18:  # UPTIS
                assert word >> 8 & 7 == 0b010
                r[2] = saturated(self.times(r[2], p4))
            elif opcode == 24:  # GSPRS
                assert word & 0b1101100 == 0b1100 or word & 0b1100 == 0b1100
                if r[0] >= r[1]:
                    fired = True
                    r[0] = {1: 0, 2: r[0] - r[1]}[word & 3]
            elif opcode == 25:  # NPC
                return fired
            else:
                raise AssertionError(f"opcode {opcode}")
            at += 1


class Machine:
    """All cores of a folder, and the host at the western edge."""

    def __init__(self, folder: Path) -> None:
        names = [p.name.removesuffix("-config.dwnc") for p in folder.glob("*-config.dwnc")]
        self.cores = {(core.x, core.y): core for core in (Core(folder, name) for name in names)}
        inputs = json.loads((folder / "input_neuron.json").read_text())
        self.inputs = {int(k): v for k, v in inputs.items()}
        self.outputs: dict[str, tuple[str, int]] = {}
        for file in folder.glob("output_neuron_*.json"):
            (name,) = re.findall("output_neuron_(.*).json", file.name)
            for place, neuron in json.loads(file.read_text()).items():
                assert place not in self.outputs
                self.outputs[place] = name, neuron

    def step(self, given: list[int]) -> Counter[tuple[str, int]]:
        """Spikes of sources that act in the next step; what the host gets of this one."""
        fired = [(core, n) for core in self.cores.values() for n in core.step()]
        heard: Counter[tuple[str, int]] = Counter()
        for core, neuron in fired:
            for x, y, dendrite in core.targets(neuron):
                assert abs(x - core.x) <= 15 and abs(y - core.y) <= 15
                if x == -1:
                    heard[self.outputs[f"{core.x}, {y}, {dendrite}"]] += 1
                else:
                    self.cores[x, y].hear(dendrite, 0)
        for source in given:
            if self.inputs[source]:
                kind, offset, targets = self.inputs[source]
                assert kind == 0
                for x, y, dendrite in targets:
                    self.cores[x, y].hear(dendrite, offset)
        return heard

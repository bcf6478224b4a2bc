"""The MRG double-cable axon itself, integrated in numpy: slow, and independent of what the fast models were fitted to.

Two layers a compartment, axon and the space below the myelin, both implicit in time; the channels of the nodes are
taken at the middle of each step. It computes rows of the reference again (a second each) and nothing of the product
uses it. Constants: data/mrg.toml, recalled; that thresholds agree is what vouches for them.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from math import pi
from typing import Any

import numpy as np

from scs.body.cable import Floats, potential_mv_per_ma
from scs.body.constants import REFERENCE_SIGMA_S_PER_M

NODES = 31
"""Of the fibre that is integrated: with 41 no threshold changes by 0.5 %, with 21 the highest do by 4 % [C]."""
STEP_MS = 0.005
AFTER_MS = 1.5
"""How long a spike is waited for after the pulse."""
FIRED_MV = 0.0
AT_NODE = 4
"""A spike counts when it has come this far from the middle."""
KINDS = ("node", "side", "flute", *("stretch",) * 6, "flute", "side")
"""The compartments from one node to the next."""
FINE = 0.005
"""A threshold is found to this part of itself."""


@cache
def mrg_data() -> dict[str, Any]:
    """The tables of data/mrg.toml."""
    return tomllib.loads(resources.files("scs.body").joinpath("data/mrg.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Geometry:
    """Of one fibre; um."""

    fibre: float
    axon: float
    node: float
    side: float
    flute: float
    flute_length: float
    lamellae: float
    internode: float

    def length(self, kind: str) -> float:
        row = mrg_data()["cable"]
        if kind == "stretch":
            return float(self.internode - row["node_um"] - 2 * row["side_um"] - 2 * self.flute_length) / 6
        return float({"node": row["node_um"], "side": row["side_um"], "flute": self.flute_length}[kind])

    def axon_diameter(self, kind: str) -> float:
        return {"node": self.node, "side": self.side, "flute": self.flute, "stretch": self.axon}[kind]

    def space(self, kind: str) -> float:
        """Width of the fluid below the myelin."""
        row = mrg_data()["cable"]
        return float(row["side_space_um" if kind in ("node", "side") else "internode_space_um"])


def geometry(diameter_um: float, internode_um: float) -> Geometry:
    """The published dimensions, linear between the diameters that were published."""
    table = np.asarray(mrg_data()["geometry"])
    fibre, axon, node, side, flute, length, lamellae = (
        float(np.interp(diameter_um, table[:, 0], column)) for column in table.T
    )
    return Geometry(fibre, axon, node, side, flute, length, lamellae, internode_um)


class Axon:
    """A straight fibre below a point cathode that is above its middle node."""

    def __init__(self, fibre: Geometry, distance_mm: float, sigma_s_per_m: float = REFERENCE_SIGMA_S_PER_M) -> None:
        self._kinds = (*(KINDS * (NODES - 1)), "node")
        self._nodes = np.flatnonzero([kind == "node" for kind in self._kinds])
        lengths = np.asarray([fibre.length(kind) for kind in self._kinds])
        places = np.cumsum(lengths) - lengths / 2
        along_mm = (places - places[self._nodes[NODES // 2]]) / 1_000
        r_mm = np.hypot(along_mm, distance_mm)
        self._outside_mv_per_ma = -potential_mv_per_ma(r_mm, sigma_s_per_m)
        self._build(fibre, lengths)

    def _build(self, fibre: Geometry, lengths: Floats) -> None:
        """The linear part: conductances in uS, capacities in nF, voltages in mV, times in ms; currents come in nA."""
        row = mrg_data()["cable"]
        axon = np.asarray([fibre.axon_diameter(kind) for kind in self._kinds])
        space = np.asarray([fibre.space(kind) for kind in self._kinds])
        is_node = np.asarray([kind == "node" for kind in self._kinds])
        is_side = np.asarray([kind == "side" for kind in self._kinds])
        skin_cm2 = pi * axon * lengths * 1e-8
        outer_cm2 = pi * fibre.fibre * lengths * 1e-8
        # ohm cm · um / um² = 1e4 ohm; a conductance in uS is 1e6 over ohms.
        inner_ohm = row["axial_ohm_cm"] * 1e4 * lengths / (pi * (axon / 2) ** 2)
        ring_ohm = row["axial_ohm_cm"] * 1e4 * lengths / (pi * ((axon / 2 + space) ** 2 - (axon / 2) ** 2))
        passive = np.where(is_side, row["side_s_per_cm2"], row["internode_s_per_cm2"])
        self._membrane_us = np.where(is_node, 0.0, passive * skin_cm2 * 1e6)
        self._membrane_nf = row["membrane_uf_per_cm2"] * skin_cm2 * 1e3
        # The node has no myelin: its fluid is that outside.
        myelin_us = row["myelin_s_per_cm2"] / (2 * fibre.lamellae) * outer_cm2 * 1e6
        self._myelin_us = np.where(is_node, 1e4, myelin_us)
        self._myelin_nf = np.where(is_node, 0.0, row["myelin_uf_per_cm2"] / (2 * fibre.lamellae) * outer_cm2 * 1e3)
        self._inner_us, self._ring_us = _between(inner_ohm), _between(ring_ohm)
        self._node_cm2 = float(skin_cm2[self._nodes[0]])
        self._matrix, count = self._linear(), len(self._kinds)
        self._inverse = np.linalg.inv(self._matrix)
        # A conductance across the membrane of a node acts on the difference of axon and fluid.
        self._across = np.zeros((2 * count, NODES))
        self._across[self._nodes, np.arange(NODES)] = 1.0
        self._across[count + self._nodes, np.arange(NODES)] = -1.0
        self._spread = self._inverse @ self._across
        self._short = self._across.T @ self._spread

    def _linear(self) -> Floats:
        """The matrix of one implicit step, axon first, then the fluid below the myelin."""
        count = len(self._kinds)
        membrane = self._membrane_nf / STEP_MS + self._membrane_us
        myelin = self._myelin_nf / STEP_MS + self._myelin_us
        matrix = np.zeros((2 * count, 2 * count))
        matrix[:count, :count] = np.diag(membrane) + self._inner_us
        matrix[count:, count:] = np.diag(membrane + myelin) + self._ring_us
        matrix[:count, count:] = matrix[count:, :count] = -np.diag(membrane)
        return matrix

    def fires(self, current_ma: float, width_ms: float) -> bool:
        """Whether a cathodic pulse of this current sends a spike along."""
        rest = mrg_data()["cable"]["rest_mv"]
        count = len(self._kinds)
        inner, fluid = np.full(count, rest), np.zeros(count)
        outside = np.zeros(count)
        gates = Gates(np.full(NODES, rest))
        watched = self._nodes[NODES // 2 + AT_NODE]
        for step in range(round((width_ms + AFTER_MS) / STEP_MS)):
            now = self._outside_mv_per_ma * current_ma if step * STEP_MS < width_ms - STEP_MS / 2 else np.zeros(count)
            across = inner - fluid
            conductance_us, pulled_na = gates.advance(across[self._nodes], self._node_cm2)
            held = self._membrane_nf / STEP_MS * across + self._membrane_us * rest
            held[self._nodes] += pulled_na
            through = self._myelin_nf / STEP_MS * (fluid - outside + now) + self._myelin_us * now
            solved = self._inverse @ np.concatenate([held, through - held])
            # The nodes' conductances change at each step: Woodbury's formula takes them in without a new inverse.
            at_nodes = self._across.T @ solved
            lesser = np.linalg.solve(np.eye(NODES) + self._short * conductance_us, at_nodes)
            solved -= self._spread @ (conductance_us * lesser)
            inner, fluid, outside = solved[:count], solved[count:], now
            if inner[watched] - fluid[watched] > FIRED_MV:
                return True
        return False


def _between(ohms: Floats) -> Floats:
    """The matrix of conductances between neighbours, in uS, each from middle to middle."""
    count = len(ohms)
    joined = 1e6 / ((ohms[:-1] + ohms[1:]) / 2)
    matrix = np.zeros((count, count))
    for index, conductance in enumerate(joined):
        matrix[index : index + 2, index : index + 2] += conductance * np.array([[1, -1], [-1, 1]])
    return matrix


class Gates:
    """The channels of all nodes: fast and lasting sodium, slow potassium, leak."""

    def __init__(self, across_mv: Floats) -> None:
        self._gates = [opening / (opening + closing) for opening, closing in _rates(across_mv)]

    def advance(self, across_mv: Floats, area_cm2: float) -> tuple[Floats, Floats]:
        """Conductance in uS and the current in nA that it pulls towards, after a step at these voltages."""
        row = mrg_data()["channels"]
        for index, (opening, closing) in enumerate(_rates(across_mv)):
            goal, speed = opening / (opening + closing), opening + closing
            self._gates[index] = goal + (self._gates[index] - goal) * np.exp(-speed * STEP_MS)
        m, h, lasting, s = self._gates
        sodium = row["fast_sodium_s_per_cm2"] * m**3 * h + row["lasting_sodium_s_per_cm2"] * lasting**3
        potassium = row["potassium_s_per_cm2"] * s
        leak = row["leak_s_per_cm2"]
        us = area_cm2 * 1e6
        pulled = sodium * row["sodium_mv"] + potassium * row["potassium_mv"] + leak * row["leak_mv"]
        return us * (sodium + potassium + leak), us * pulled


def _rates(v: Floats) -> tuple[tuple[Floats, Floats], ...]:
    """Opening and closing rates a ms of m, h, lasting m and s [R, high]."""
    celsius = mrg_data()["channels"]["celsius"]
    quick, slow = 2.2 ** ((celsius - 20) / 10), 2.9 ** ((celsius - 20) / 10)
    potassium = 3.0 ** ((celsius - 36) / 10)
    return (
        (quick * 1.86 * _ramp(v + 21.4, 10.3), quick * 0.086 * _ramp(-(v + 25.7), 9.16)),
        (slow * 0.062 * _ramp(-(v + 114.0), 11.0), slow * 2.3 / (1 + np.exp(-(v + 31.8) / 13.4))),
        (quick * 0.01 * _ramp(v + 27.0, 10.2), quick * 0.00025 * _ramp(-(v + 34.0), 10.0)),
        (
            potassium * 0.3 / (1 + np.exp(-(v + 80.0 - 27.0) / 5.0)),
            potassium * 0.03 / (1 + np.exp(-(v + 80.0 + 10.0) / 1.0)),
        ),
    )


def _ramp(x: Floats, scale: float) -> Floats:
    """x / (1 - exp(-x / scale)), which is `scale` at nought."""
    safe = np.where(np.abs(x) < 1e-6, 1e-6, x)
    return np.asarray(safe / -np.expm1(-np.clip(safe / scale, -500, 500)))


def threshold_ma(fibre: Geometry, distance_mm: float, width_ms: float, near_ma: float) -> float:
    """The cathodic threshold; the search begins at `near_ma`, for far above it the virtual anodes block."""
    axon = Axon(fibre, distance_mm)
    low, high = 0.8 * near_ma, 1.2 * near_ma
    for _ in range(10):
        if not axon.fires(low, width_ms):
            break
        low, high = 0.8 * low, low
    for _ in range(10):
        if axon.fires(high, width_ms):
            break
        low, high = high, 1.2 * high
    while high / low > 1 + FINE:
        middle = (low * high) ** 0.5
        low, high = (low, middle) if axon.fires(middle, width_ms) else (middle, high)
    return float((low * high) ** 0.5)

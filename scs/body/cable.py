"""What any array of contacts does to myelinated fibres: a passive cable on the nodes, solved in one transform.

The membrane at the nodes answers to the extracellular potential Ve along the fibre. In the spatial frequency k

    V(k) = -L·A / (1 + L·A) · (1 - exp(-(1 + L·A) · width / tau)) · Ve(k),   A = 2 - 2·cos(k),   L = space²

and the fibre fires where V, with a part of it at the nodes beside, first reaches its threshold. Everything is linear in
the currents, so the answer to one contact is computed once and a configuration is a weighted sum. Use it for how one
array compares with another; the absolute level comes from the closed form (scs/body/level.py), which fits the reference
twice as well [C: physics 0.2].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scs.body import level
from scs.body.constants import REFERENCE_SIGMA_S_PER_M, CableConstants, cable_constants

Floats = NDArray[np.float64]
NODES = 128
"""Nodes a fibre: at least 65 mm of the thinnest, 180 mm of the thickest; more change a threshold by less than 0.1 %."""
TOGETHER = 250
"""Fibres that are worked out together: what they take stays in a processor's cache, half as fast again as 2,000."""
_OFFSETS = (np.arange(NODES) - NODES // 2).astype(np.float32)
"""The nodes of a fibre, counted from the middle of the contacts."""
_ASIDE = np.arange(NODES // 2 + 1, dtype=np.float32)
"""The nodes to one side of the middle, which is the first."""
_INTERNODES_UM = ((5.7, 505.6), (8.7, 967.9), (10.0, 1122.3), (12.8, 1360.6), (14.0, 1423.3), (16.0, 1500.0))
"""Diameter to internodal length: those of the reference [C: physics 0.1], and 16 µm after the published geometry of the
MRG model [recalled: McIntyre 2002, high]. Linear in between; outside, the nearest."""


@dataclass(frozen=True, slots=True)
class Fibres:
    """Straight fibres along the cord: arrays of one length. The origin is that of the contacts' coordinates."""

    diameter_um: Floats
    beside_mm: Floats
    """To the side, as the contacts' own."""
    distance_mm: Floats
    """Below the plane of the contacts."""

    @classmethod
    def of(cls, diameter_um: ArrayLike, beside_mm: ArrayLike, distance_mm: ArrayLike) -> Fibres:
        """From numbers or arrays that go together."""
        diameters, besides, distances = np.broadcast_arrays(
            np.atleast_1d(np.asarray(diameter_um, dtype=float)),
            np.asarray(beside_mm, dtype=float),
            np.asarray(distance_mm, dtype=float),
        )
        return cls(diameters.copy(), besides.copy(), distances.copy())

    def __len__(self) -> int:
        return len(self.diameter_um)


def internode_mm(diameter_um: Floats) -> Floats:
    """Length between two nodes."""
    table = np.asarray(_INTERNODES_UM)
    return np.asarray(np.interp(diameter_um, table[:, 0], table[:, 1]) / 1000)


def potential_mv_per_ma(r_mm: Floats, sigma_s_per_m: float) -> Floats:
    """Potential of a point source in a homogeneous medium: 1 / (4·pi·sigma·r), in mV a mA. 1 / (S/m · mm) = 1000 Ω."""
    return 1000 / (4 * pi * sigma_s_per_m * r_mm)


class Responses:
    """What each contact alone does to each node of each fibre, for one pulse width: then arrays are sums.

    `contacts_mm` are (beside, along) of each contact. Shape of the table: contacts, fibres, nodes.
    """

    def __init__(
        self,
        fibres: Fibres,
        contacts_mm: Sequence[tuple[float, float]],
        width_ms: float,
        sigma_s_per_m: float = REFERENCE_SIGMA_S_PER_M,
        constants: CableConstants | None = None,
    ) -> None:
        c = constants or cable_constants()
        d = fibres.diameter_um / 10
        self._threshold_mv = (
            c.threshold_mv * d**c.threshold_diameter_power * (width_ms / 0.2) ** c.threshold_width_power
        )
        transfer = _transfer(c, d, width_ms)
        spacing = internode_mm(fibres.diameter_um)
        middle = sum(along for _, along in contacts_mm) / len(contacts_mm)
        places = middle + (np.arange(NODES) - NODES // 2) * spacing[:, None]
        self._table = np.empty((len(contacts_mm), len(fibres), NODES))
        for index, (beside, along) in enumerate(contacts_mm):
            r_mm = np.sqrt(
                (places - along) ** 2 + (fibres.beside_mm[:, None] - beside) ** 2 + fibres.distance_mm[:, None] ** 2
            )
            spectrum = np.fft.rfft(potential_mv_per_ma(r_mm, sigma_s_per_m), axis=1)
            self._table[index] = np.fft.irfft(spectrum * transfer, NODES, axis=1)

    def thresholds_ma(self, shares: Sequence[float]) -> Floats:
        """The whole current in mA at which each fibre fires; infinite where no node is depolarised.

        `shares` are signed parts of the whole, one a contact: cathodes sum to -1 and anodes to +1 (or to nothing, for
        a return far away).
        """
        driven = np.tensordot(np.asarray(shares, dtype=float), self._table, axes=1).max(axis=1)
        with np.errstate(divide="ignore"):
            return np.where(driven > 0, self._threshold_mv / driven, np.inf)


def _transfer(c: CableConstants, d: Floats, width_ms: float, kind: type[np.floating[Any]] = np.float64) -> Floats:
    """Factor of each fibre and frequency; `kind` is the precision that it is worked out in."""
    frequency = 2 * pi * np.arange(NODES // 2 + 1) / NODES
    a = (2 - 2 * np.cos(frequency)).astype(kind)
    spread = ((c.space * d**c.space_power) ** 2).astype(kind)[:, None] * a
    times = (width_ms / (c.time_ms * d**c.time_power)).astype(kind)[:, None]
    # The nodes to both sides, as a factor in the frequency: broad depolarisation, as the flanks of an anode,
    # counts for more than a narrow peak of the same height does.
    beside = (1 + c.neighbours * np.cos(frequency)).astype(kind)
    more = 1 + spread
    spread /= more
    spread *= beside
    more *= -times
    np.expm1(more, out=more)
    spread *= more
    return np.asarray(spread)


_IN_THE_MIDDLE = np.full(NODES // 2 + 1, 2, dtype=np.float32)
"""How often each frequency counts in the one term of the transform back that is the middle node's."""
_IN_THE_MIDDLE[[0, -1]] = 1


class Recruited:
    """Fibres that one pulse width acts on, worked out once; then thresholds for any contacts and shares.

    The level is that of the closed form under one cathode right above each fibre, which is what that form is fitted to;
    the cable gives the ratio. Single precision: its rounding is a ten-thousandth of the models' own error.
    """

    def __init__(self, fibres: Fibres, width_ms: float, sigma_s_per_m: float = REFERENCE_SIGMA_S_PER_M) -> None:
        c, d = cable_constants(), fibres.diameter_um / 10
        self._spacing_mm = internode_mm(fibres.diameter_um).astype(np.float32)[:, None]
        self._beside_mm = fibres.beside_mm.astype(np.float32)[:, None]
        self._below_mm2 = np.square(fibres.distance_mm).astype(np.float32)[:, None]
        self._transfer = np.empty((len(fibres), NODES // 2 + 1), dtype=np.float32)
        self._blocks = [slice(start, start + TOGETHER) for start in range(0, len(fibres), TOGETHER)]
        # Fresh memory costs more than the arithmetic in it, so one block's is kept; numpy's stubs know no transforms of
        # single precision.
        most = min(TOGETHER, len(fibres))
        self._distance: Any = np.empty((most, NODES), dtype=np.float32)
        self._potential: Any = np.empty_like(self._distance)
        self._spectrum: Any = np.empty((most, NODES // 2 + 1), dtype=np.complex64)
        alone = np.empty(len(fibres))
        for block in self._blocks:
            self._transfer[block] = _transfer(c, d[block], width_ms, np.float32)
            alone[block] = self._driven_below(block)
        # The potential's unit cancels in the ratio of an array to one cathode, so conductivity acts on the level alone.
        self._of_level = level.threshold_ma(fibres.diameter_um, fibres.distance_mm, width_ms, sigma_s_per_m) * alone

    def thresholds_ma(self, contacts_mm: Sequence[tuple[float, float]], shares: Sequence[float]) -> Floats:
        """The whole current in mA at which each fibre fires; infinite where no node is depolarised."""
        middle = sum(along for _, along in contacts_mm) / len(contacts_mm)
        sources = [
            (np.float32(beside), np.float32(along - middle), np.float32(share))
            for (beside, along), share in zip(contacts_mm, shares, strict=True)
            if share
        ]
        driven = np.empty(len(self._transfer))
        for block in self._blocks:
            driven[block] = self._driven(block, sources)
        with np.errstate(divide="ignore"):
            return np.where(driven > 0, self._of_level / np.where(driven > 0, driven, 1), np.inf)

    def _driven(self, block: slice, sources: Sequence[tuple[np.float32, np.float32, np.float32]]) -> Floats:
        """The most that any node is depolarised by the whole current."""
        spacing, beside_mm, below_mm2 = self._spacing_mm[block], self._beside_mm[block], self._below_mm2[block]
        count = len(spacing)
        distance, potential, spectrum = self._distance[:count], self._potential[:count], self._spectrum[:count]
        potential.fill(0)
        for beside, along, share in sources:
            np.multiply(spacing, _OFFSETS, out=distance)
            distance -= along
            np.square(distance, out=distance)
            distance += np.square(beside_mm - beside) + below_mm2
            np.sqrt(distance, out=distance)
            np.divide(share, distance, out=distance)
            potential += distance
        np.fft.rfft(potential, axis=1, out=spectrum)
        spectrum *= self._transfer[block]
        np.fft.irfft(spectrum, NODES, axis=1, out=potential)
        return np.asarray(potential.max(axis=1), dtype=float)

    def _driven_below(self, block: slice) -> Floats:
        """At the node below one cathode, where its own effect is greatest.

        The potential is the same to both sides of it, so half of it is enough; and the transform of what is the same to
        both sides is the transform back of its half, but for a factor that the one back cancels.
        """
        spacing, transfer = self._spacing_mm[block], self._transfer[block]
        count, half = len(spacing), NODES // 2 + 1
        spectrum, potential = self._spectrum[:count], self._potential[:count]
        distance = np.square(spacing * _ASIDE)
        distance += self._below_mm2[block]
        np.sqrt(distance, out=distance)
        spectrum.imag = 0
        np.divide(np.float32(-1), distance, out=spectrum.real)
        np.fft.irfft(spectrum, NODES, axis=1, out=potential)
        # Not as a product of matrices: for so small a one BLAS would wake its threads and wait for them.
        return np.asarray(np.einsum("fk,fk,k->f", potential[:, :half], transfer, _IN_THE_MIDDLE), dtype=float)


def array_thresholds_ma(
    fibres: Fibres,
    contacts_mm: Sequence[tuple[float, float]],
    shares: Sequence[float],
    width_ms: float,
    sigma_s_per_m: float = REFERENCE_SIGMA_S_PER_M,
) -> Floats:
    """Thresholds of one array in mA; keep a `Recruited` to ask for several."""
    return Recruited(fibres, width_ms, sigma_s_per_m).thresholds_ma(contacts_mm, shares)

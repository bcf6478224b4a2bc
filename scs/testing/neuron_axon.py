"""The MRG axon in NEURON, as an independent check of the reference thresholds (extra `neuron`, never needed).

The same geometry and constants as scs/body/mrg.py, and NEURON's own integration and extracellular mechanism. Its
channels are compiled for the machine when they are first needed, which takes a C compiler. Run with NEURON 9.0.2: see
docs/body.md for what it found. No test runs it, because the package is large.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from math import hypot, pi
from pathlib import Path
from typing import Any

from scs.body.cable import potential_mv_per_ma
from scs.body.constants import REFERENCE_SIGMA_S_PER_M
from scs.body.mrg import AFTER_MS, AT_NODE, FINE, FIRED_MV, KINDS, NODES, STEP_MS, Geometry, mrg_data
from scs.errors import Unreadable

CHANNELS = """
NEURON { SUFFIX scs_node NONSPECIFIC_CURRENT i }
UNITS { (mV) = (millivolt) (mA) = (milliamp) }
PARAMETER { celsius (degC) }
STATE { m h p s }
ASSIGNED { v (mV) i (mA/cm2) am bm ah bh ap bp as bs }
BREAKPOINT {
  SOLVE states METHOD cnexp
  i = (%(fast_sodium_s_per_cm2)g * m*m*m*h + %(lasting_sodium_s_per_cm2)g * p*p*p) * (v - (%(sodium_mv)g))
    + %(potassium_s_per_cm2)g * s * (v - (%(potassium_mv)g)) + %(leak_s_per_cm2)g * (v - (%(leak_mv)g))
}
INITIAL { rates() m = am/(am+bm) h = ah/(ah+bh) p = ap/(ap+bp) s = as/(as+bs) }
DERIVATIVE states {
  rates()
  m' = am*(1-m) - bm*m
  h' = ah*(1-h) - bh*h
  p' = ap*(1-p) - bp*p
  s' = as*(1-s) - bs*s
}
FUNCTION bent(x, k) {
  if (fabs(x/k) < 1e-6) { bent = k } else { bent = x/(1 - exp(-x/k)) }
}
PROCEDURE rates() { LOCAL quick, slow, late
  quick = 2.2^((celsius-20)/10)  slow = 2.9^((celsius-20)/10)  late = 3.0^((celsius-36)/10)
  am = quick*1.86*bent(v+21.4, 10.3)  bm = quick*0.086*bent(-(v+25.7), 9.16)
  ah = slow*0.062*bent(-(v+114), 11)  bh = slow*2.3/(1 + exp(-(v+31.8)/13.4))
  ap = quick*0.01*bent(v+27, 10.2)    bp = quick*0.00025*bent(-(v+34), 10)
  as = late*0.3/(1 + exp(-(v+53)/5))  bs = late*0.03/(1 + exp(-(v+90)))
}
"""


def is_installed() -> bool:
    """Whether NEURON can be imported here; it is not imported."""
    return find_spec("neuron") is not None


def channels_text() -> str:
    """The channels of a node in NEURON's own language, with the constants of data/mrg.toml."""
    return str(CHANNELS % mrg_data()["channels"])


class NeuronAxon:
    """A straight fibre below a point cathode above its middle node. Raises Unreadable without NEURON or a compiler."""

    def __init__(self, fibre: Geometry, distance_mm: float, sigma_s_per_m: float = REFERENCE_SIGMA_S_PER_M) -> None:
        self._h = _neuron()
        self._sections = [self._section(fibre, kind) for kind in (*(KINDS * (NODES - 1)), "node")]
        for before, after in zip(self._sections, self._sections[1:], strict=False):
            after.connect(before(1), 0)
        self._nodes = [index for index in range(len(self._sections)) if index % len(KINDS) == 0]
        self._outside_mv_per_ma = self._potentials(distance_mm, sigma_s_per_m)

    def fires(self, current_ma: float, width_ms: float) -> bool:
        """Whether a cathodic pulse of this current sends a spike along."""
        h, watched = self._h, self._sections[self._nodes[NODES // 2 + AT_NODE]]
        h.celsius, h.dt = mrg_data()["channels"]["celsius"], STEP_MS
        self._apply(0.0)
        h.finitialize(mrg_data()["cable"]["rest_mv"])
        self._apply(current_ma)
        for step in range(round((width_ms + AFTER_MS) / STEP_MS)):
            if step == round(width_ms / STEP_MS):
                self._apply(0.0)
            h.fadvance()
            if watched(0.5).v > FIRED_MV:
                return True
        return False

    def _apply(self, current_ma: float) -> None:
        for section, unit in zip(self._sections, self._outside_mv_per_ma, strict=True):
            section(0.5).e_extracellular = unit * current_ma

    def _section(self, fibre: Geometry, kind: str) -> Any:
        """Myelinated parts have the fibre's diameter, and their membranes' constants are scaled to it."""
        row, section = mrg_data()["cable"], self._h.Section(name=kind)
        axon, space = fibre.axon_diameter(kind), fibre.space(kind)
        outer = axon if kind == "node" else fibre.fibre
        section.nseg, section.L, section.diam = 1, fibre.length(kind), outer
        section.Ra = row["axial_ohm_cm"] * (outer / axon) ** 2
        section.cm = row["membrane_uf_per_cm2"] * axon / outer
        section.insert("extracellular")
        ring_um2 = pi * ((axon / 2 + space) ** 2 - (axon / 2) ** 2)
        # ohm cm over cm², in megohms a cm.
        section.xraxial[0] = row["axial_ohm_cm"] / (ring_um2 * 1e-8) * 1e-6
        if kind == "node":
            section.insert("scs_node")
            section.xg[0], section.xc[0] = 1e10, 0.0
            return section
        section.insert("pas")
        passive = row["side_s_per_cm2" if kind == "side" else "internode_s_per_cm2"]
        section.g_pas, section.e_pas = passive * axon / outer, row["rest_mv"]
        section.xg[0] = row["myelin_s_per_cm2"] / (2 * fibre.lamellae)
        section.xc[0] = row["myelin_uf_per_cm2"] / (2 * fibre.lamellae)
        return section

    def _potentials(self, distance_mm: float, sigma_s_per_m: float) -> list[float]:
        places, end = [], 0.0
        for section in self._sections:
            places.append(end + section.L / 2)
            end += section.L
        middle = places[self._nodes[NODES // 2]]
        return [
            -float(potential_mv_per_ma(hypot((place - middle) / 1_000, distance_mm), sigma_s_per_m))  # type: ignore[arg-type]
            for place in places
        ]


def neuron_threshold_ma(fibre: Geometry, distance_mm: float, width_ms: float, near_ma: float) -> float:
    """The cathodic threshold in mA, looked for around `near_ma`."""
    axon = NeuronAxon(fibre, distance_mm)
    low, high = near_ma / 2, near_ma * 2
    if axon.fires(low, width_ms) or not axon.fires(high, width_ms):
        return float("nan")
    while high / low > 1 + FINE:
        middle = (low * high) ** 0.5
        low, high = (low, middle) if axon.fires(middle, width_ms) else (middle, high)
    return float((low * high) ** 0.5)


def _neuron() -> Any:
    """NEURON with the channels loaded."""
    if not is_installed():
        raise Unreadable('NEURON is not installed here; install it with: pip install "scs[neuron]"')
    # Without this, NEURON says on every start that it found no screen to draw on.
    os.environ.setdefault("NEURON_MODULE_OPTIONS", "-nogui")
    import neuron

    if not hasattr(neuron.h, "scs_node"):
        folder = Path(tempfile.mkdtemp(prefix="scs-neuron-"))
        (folder / "scs_node.mod").write_text(channels_text(), encoding="utf-8")
        compiler = Path(sys.executable).with_name("nrnivmodl")
        try:
            subprocess.run([str(compiler)], cwd=folder, check=True, capture_output=True)
        except OSError as error:
            raise Unreadable(f"{compiler}: {error.strerror}; the channels need it and a C compiler") from error
        except subprocess.CalledProcessError as error:
            last = error.stderr.decode(errors="replace").strip().splitlines()[-1:]
            raise Unreadable(f"{compiler}: the channels could not be compiled: {' '.join(last)}") from error
        neuron.load_mechanisms(str(folder))
    return neuron.h

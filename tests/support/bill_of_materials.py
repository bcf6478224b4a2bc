"""What `scs` needs to run, as it is installed here: a bill of materials in CycloneDX, or pins for an audit.

`python -m tests.support.bill_of_materials` prints JSON by cyclonedx-python-lib; with `--pins` a line a package. Tools
and tests are no part of what is shipped and are left out; extras are left out too, for whoever wants one names it.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from importlib import metadata

from packaging.requirements import Requirement

ROOT_PACKAGE = "scs"
_TEXT_MAX = 60
"""A licence that is longer than this is its text and not its name."""


@dataclass(frozen=True, slots=True)
class Material:
    """One installed package. `needs` names those that it asks for here, on this system and this Python."""

    name: str
    version: str
    licence: str
    needs: tuple[str, ...] = field(default=())


def materials() -> dict[str, Material]:
    """Every package that is needed, by its normalized name; the first is `scs` itself."""
    found: dict[str, Material] = {}
    waiting = [Requirement(ROOT_PACKAGE)]
    while waiting:
        asked = waiting.pop(0)
        name = normalized(asked.name)
        needs = _needs(asked)
        known = found.get(name)
        if known is not None and {normalized(it.name) for it in needs} <= set(known.needs):
            continue
        about = metadata.distribution(name)
        named = dict.fromkeys((*(known.needs if known else ()), *(normalized(it.name) for it in needs)))
        found[name] = Material(name, about.version, _licence(about.metadata), tuple(named))
        waiting += needs
    return found


def normalized(name: str) -> str:
    """A package's one spelling (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins() -> str:
    """`name==version` for each package but `scs`, a line each."""
    return "".join(f"{it.name}=={it.version}\n" for it in materials().values() if it.name != ROOT_PACKAGE)


def bill() -> str:
    """The bill of materials as CycloneDX 1.6 in JSON, with who needs what, and with the time at which it was made."""
    from cyclonedx.contrib.license.factories import LicenseFactory
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output.json import JsonV1Dot6
    from packageurl import PackageURL

    made = {
        it.name: Component(
            name=it.name,
            version=it.version,
            type=ComponentType.APPLICATION if it.name == ROOT_PACKAGE else ComponentType.LIBRARY,
            licenses=[LicenseFactory().make_from_string(it.licence)] if it.licence else [],
            purl=PackageURL("pypi", None, it.name, it.version),
            bom_ref=f"{it.name}@{it.version}",
        )
        for it in materials().values()
    }
    whole = Bom(components=[component for name, component in made.items() if name != ROOT_PACKAGE])
    whole.metadata.component = made[ROOT_PACKAGE]
    for it in materials().values():
        whole.register_dependency(made[it.name], [made[name] for name in it.needs])
    text: str = JsonV1Dot6(whole).output_as_string(indent=2)
    return text + "\n"


def _needs(asked: Requirement) -> list[Requirement]:
    """What a package asks for, with the extras that it was asked with."""
    rows = [Requirement(row) for row in metadata.requires(normalized(asked.name)) or ()]
    extras = asked.extras or {""}
    return [row for row in rows if row.marker is None or any(row.marker.evaluate({"extra": it}) for it in extras)]


def _licence(about: metadata.PackageMetadata) -> str:
    """The licence by its expression, its short name or its classifier; empty when none is said."""
    classified = [
        row.rpartition(" :: ")[2] for row in about.get_all("Classifier") or () if row.startswith("License ::")
    ]
    said = next((about[name] for name in ("License-Expression", "License") if name in about), "")
    return said if said and len(said) <= _TEXT_MAX and "\n" not in said else " OR ".join(classified)


if __name__ == "__main__":
    sys.stdout.write(pins() if sys.argv[1:] == ["--pins"] else bill())

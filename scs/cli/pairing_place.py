"""The edge where a session gets its keys: the platform's keyring, or a folder of this person's own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from scs.programmer.pairing_keys import FileSecrets, SecretStore, choose_store, key_finder, platform_ring
from scs.records.place import state_folder

if TYPE_CHECKING:
    from scs.programmer.sealed_link import FindKey


def key_store(environment: Mapping[str, str]) -> SecretStore:
    """Where this person's pairing keys are: in the folder that SCS_KEYS names, in the platform's keyring when there is
    one, else in files beside the session records."""
    named = environment.get("SCS_KEYS", "")
    if named:
        return FileSecrets(Path(named))
    return choose_store(platform_ring(), state_folder(environment) / "keys")


def finder(*, is_insecure: bool) -> FindKey | None:
    """What a session is given: whoever wants to talk in the clear gets no keys, and nobody else talks in the clear."""
    return None if is_insecure else key_finder(key_store(os.environ))

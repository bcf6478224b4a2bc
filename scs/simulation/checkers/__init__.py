"""One file for each kind of thing that must never happen. No firmware and no rule is imported here (a contract)."""

"""`python -m scs.cli` is `scs`."""

from __future__ import annotations

import sys

from scs.cli.main import main

if __name__ == "__main__":
    sys.exit(main())

"""Two pseudo-terminals joined in a process of its own, so that both sides of a comparison open an ordinary terminal.

    python -m bench.pty_relay LINK LINK

It makes the two links, says "ready", and moves bytes until it is ended.
"""

from __future__ import annotations

import os
import select
import sys
import tty
from pathlib import Path


def main() -> None:
    masters = []
    for link in sys.argv[1:3]:
        master, slave = os.openpty()
        # The slave stays open here, so that the terminal outlives whoever opens and closes it.
        tty.setraw(slave)
        Path(link).symlink_to(os.ttyname(slave))
        masters.append(master)
    print("ready", flush=True)
    first, second = masters
    other = {first: second, second: first}
    poll = select.poll()
    for master in masters:
        poll.register(master, select.POLLIN)
    while True:
        for master, _ in poll.poll():
            os.write(other[master], os.read(master, 65_536))


if __name__ == "__main__":
    main()

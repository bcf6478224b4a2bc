"""The other side of the comparison: a pymodbus server in a process of its own, over a serial line or over TCP.

python -m bench.modbus_peer serial DEVICE
python -m bench.modbus_peer tcp PORT
"""

from __future__ import annotations

import sys

from pymodbus import FramerType
from pymodbus.server import StartSerialServer, StartTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

REGISTERS = 10
"""Twenty bytes of values: about what a status holds."""
BAUD = 115_200


def main() -> None:
    kind, where = sys.argv[1:]
    device = SimDevice(id=1, simdata=[SimData(0, count=REGISTERS, values=17, datatype=DataType.REGISTERS)])
    if kind == "serial":
        StartSerialServer(device, framer=FramerType.RTU, port=where, baudrate=BAUD)
    else:
        StartTcpServer(device, address=("127.0.0.1", int(where)))


if __name__ == "__main__":
    main()

"""A DNS client by stream, run as a program inside a network namespace: how many records a name has."""

import socket
import struct
import sys


def main(server: str, name: str) -> None:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    query = struct.pack(">6H", 7, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", 1, 1)
    with socket.create_connection((server, 53), timeout=10) as connection, connection.makefile("rwb") as stream:
        stream.write(struct.pack(">H", len(query)) + query)
        stream.flush()
        (length,) = struct.unpack(">H", stream.read(2))
        print(struct.unpack_from(">6H", stream.read(length))[3])


if __name__ == "__main__":
    main(*sys.argv[1:])

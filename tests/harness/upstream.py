"""A DNS server of a test's own, by datagram and by stream: run as a program inside a network namespace.

Every name that ends in ``.test`` has the address 192.0.2.7; ``many.test`` has so many that no datagram holds them;
all other names do not exist.
"""

import socketserver
import struct
import sys
import threading

ADDRESS = bytes((192, 0, 2, 7))
MANY = 200


def answer(packet: bytes, *, streamed: bool) -> bytes:
    end = packet.index(0, 12) + 5
    name = packet[12 : end - 4].lower()
    flags, count = 0x8180, 1
    if not name.endswith(b"\4test\0"):
        flags, count = 0x8183, 0
    elif name.startswith(b"\4many"):
        flags, count = (0x8180, MANY) if streamed else (0x8380, 0)
    record = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + ADDRESS
    return packet[:2] + struct.pack(">HHHHH", flags, 1, count, 0, 0) + packet[12:end] + record * count


class Datagram(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        packet, server = self.request
        server.sendto(answer(packet, streamed=False), self.client_address)


class Stream(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        (length,) = struct.unpack(">H", self.rfile.read(2))
        reply = answer(self.rfile.read(length), streamed=True)
        self.wfile.write(struct.pack(">H", len(reply)) + reply)


def main(address: str) -> None:
    streams = socketserver.ThreadingTCPServer((address, 53), Stream)
    threading.Thread(target=streams.serve_forever, daemon=True).start()
    with socketserver.UDPServer((address, 53), Datagram) as datagrams:
        print("ready", flush=True)
        datagrams.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])

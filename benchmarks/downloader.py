"""One large download: ``downloader.py ADDRESS PORT PATH SIZE`` prints MB/s.

A program of its own, for it runs in the network namespace of the engine under test. The answer must have at least
``SIZE`` bytes.
"""

import socket
import sys
import time

MEGABYTE = 1 << 20


def fetch(address: str, port: int, path: str, buffer: bytearray) -> int:
    """The number of bytes that came."""
    received = 0
    with socket.create_connection((address, port), 10) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        while count := connection.recv_into(buffer):
            received += count
    return received


def main() -> None:
    address, port, path, size = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    begin = time.perf_counter()
    received = fetch(address, port, path, bytearray(MEGABYTE))
    took = time.perf_counter() - begin
    if received < size:
        raise ValueError(f"{received} bytes instead of {size}")
    print(received / MEGABYTE / took)


if __name__ == "__main__":
    main()

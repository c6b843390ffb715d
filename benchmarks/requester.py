"""A load of HTTP requests: ``requester.py ADDRESS PORT TEXT`` prints requests per second.

A program of its own, for it runs in the network namespace of the engine under test. Every request has a new
connection, since setting a connection up is what an engine may make slow. ``TEXT`` must be in each answer.
"""

import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor

CONNECTIONS = 4
# Few enough that the ports of one sample are free again, in all of the tables they pass, when they are needed again.
REQUESTS = 800


def fetch(address: str, port: int, text: bytes) -> None:
    with socket.create_connection((address, port), 10) as connection:
        connection.sendall(b"GET /index.html HTTP/1.0\r\n\r\n")
        answer = b""
        while data := connection.recv(65536):
            answer += data
    if text not in answer:
        raise ValueError(f"not the page: {answer!r}")


def main() -> None:
    address, port, text = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode()
    begin = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        for _ in threads.map(lambda _: fetch(address, port, text), range(REQUESTS)):
            pass
    print(REQUESTS / (time.perf_counter() - begin))


if __name__ == "__main__":
    main()

"""``python -m tests.harness.relay PORT TARGET LIMIT``: leads loopback's PORT to TARGET; ends, in the middle of whatever
goes on, when clients have sent LIMIT bytes."""

import asyncio
import os
import sys

CHUNK = 1 << 14


async def relay(port: int, target: int, limit: int) -> None:
    left = limit

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, counted: bool) -> None:
        nonlocal left
        while data := await reader.read(CHUNK):
            if counted:
                left -= len(data)
                if left <= 0:
                    os._exit(0)
            writer.write(data)
            await writer.drain()
        writer.close()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target)
        await asyncio.gather(pass_on(reader, far_writer, True), pass_on(far_reader, writer, False))

    server = await asyncio.start_server(connected, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(relay(*map(int, sys.argv[1:])))

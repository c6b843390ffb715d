"""Programs that have an engine in them."""

IMPORT = """
import asyncio, sys
import wherry

async def chunks(path):
    with open(path, "rb") as file:
        while data := file.read(1 << 20):
            yield data

async def main():
    async with wherry.open_engine(root=sys.argv[1]) as engine:
        name = wherry.Reference.parse("busybox:latest")
        progress = engine.archives.import_tar(
            chunks(sys.argv[2]), source="-", target=name, message="", changes=(), platform=None
        )
        async for _line in progress:
            pass

asyncio.run(main())
"""
"""Arguments: a data root, and an archive that becomes busybox there."""

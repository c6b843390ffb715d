"""At start: what is not whole of the build cache is removed."""

from wherry.engine.images import Images
from wherry.engine.ports import CacheFolders, Host, Records


async def sweep_steps(records: Records, images: Images, host: Host) -> None:
    """Forget steps whose files may have been lost with the power."""
    boot = host.facts().boot_id
    await images.forget([entry for entry in records.cache.all() if entry.unsaved not in ("", boot)])


async def sweep_folders(records: Records, folders: CacheFolders) -> None:
    """Remove directories without a row."""
    known = {entry.key for entry in records.cache.all()}
    for key in folders.names():
        if key not in known:
            await folders.remove(key)

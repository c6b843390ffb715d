"""``wherryd``, as it is started."""

from importlib import import_module
from typing import Final

from wherry.postponing import postpone

POSTPONED: Final = frozenset(
    {
        # of Python's: what others import for the rare case
        "ast",
        "asyncio.sslproto",
        "asyncio.staggered",
        "base64",
        "bz2",
        "gzip",
        "locale",
        "lzma",
        "msgspec.inspect",
        "ntpath",
        "random",
        "tempfile",
        "textwrap",
        "tokenize",
        # ours: what moves, packs and builds images, and what few ask for
        "wherry.api.translate.builds",
        "wherry.api.translate.disk_usage",
        "wherry.api.translate.stats",
        "wherry.api.translate.system",
        "wherry.buildkit.face",
        "wherry.buildkit.offers.directory",
        "wherry.collectors",
        "wherry.engine.containers.committing",
        "wherry.plan.images.changes",
        "wherry.plan.logs.collectors.fluentd",
        "wherry.plan.logs.collectors.gelf",
        "wherry.plan.logs.collectors.plugins",
        "wherry.plan.logs.collectors.splunk",
        "wherry.plan.logs.collectors.syslog",
        "wherry.plugins",
        "wherry.engine.plugins",
        "wherry.store.blobs.archives",
        "wherry.store.builds.building",
        "wherry.store.layers.changesets",
        "wherry.store.logs.journal",
        "wherry.store.builds.mirrors",
        "wherry.store.plugins",
        "wherry.store.views",
        "wherry.wiring.builds",
        "wherry.wiring.images",
        "wherry.wiring.plugins",
        "wherry.wiring.registry",
    }
)


def main() -> None:
    """Run the daemon; see ``process.main``. What is postponed has to be known before anything else is imported."""
    postpone(POSTPONED)
    import_module("wherry.daemon.process").main()

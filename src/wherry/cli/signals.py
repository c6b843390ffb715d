"""``signal``, or rather the C module behind it: it does not import ``enum``."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
else:
    import _signal as signal

__all__ = ["signal"]

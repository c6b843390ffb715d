"""Which wherry this is."""

VERSION = "0.1.0"
API_VERSION = "1.45"
MINIMUM_API_VERSION = "1.24"

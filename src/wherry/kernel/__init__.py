"""The edge to Linux: mechanisms, no policy. Removals are idempotent, failures are OSErrors that name their object."""

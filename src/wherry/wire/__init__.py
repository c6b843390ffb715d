"""Docker's shapes on the wire: JSON objects and stream frames."""

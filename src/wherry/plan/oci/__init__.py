"""The configuration that an OCI runtime is given: config.json, section by section."""

"""The name service of networks: messages read and written, names found. Pure."""

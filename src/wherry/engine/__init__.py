"""The engine: one service a noun. Services decide; ports act."""

"""Images: their documents, their stacks of layers, their names and platforms."""

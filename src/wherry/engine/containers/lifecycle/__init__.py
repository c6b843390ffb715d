"""From created to removed: transitions of containers, and who waits for them."""

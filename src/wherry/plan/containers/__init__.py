"""What a container is to be, what it may do, and what becomes of it."""

"""What a container is given on the host to run in, and how that is let go."""

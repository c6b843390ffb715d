"""Messages of BuildKit's services, as records with the numbers of its ``.proto`` files (moby/buildkit 0.13)."""

"""What the client of a session offers to a build (files, secrets, SSH agents, credentials), and what it takes of it."""

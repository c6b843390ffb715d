"""What the client of a session offers to a build, files, secrets, SSH agents and credentials, and what it takes of it."""

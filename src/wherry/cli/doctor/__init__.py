"""What a host offers an engine and what it lacks: ``probes`` find facts out, ``checks`` judge them."""

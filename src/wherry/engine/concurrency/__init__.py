"""What runs beside what: operations that end once begun, locks, work that several share, and telling how far it is."""

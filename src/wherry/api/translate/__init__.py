"""Docker's wire shapes ⇄ our records. Pure functions; Docker's nulls, twins and texts stop here."""

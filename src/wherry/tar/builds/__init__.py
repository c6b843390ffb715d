"""Files of build contexts: which are meant, where they are put, and mirrors of clients' directories."""

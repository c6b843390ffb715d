"""What builds have on the disk: folders of their own, caches, mirrors of clients' files."""

"""Content by its digest: received, kept, and taken out of image archives."""

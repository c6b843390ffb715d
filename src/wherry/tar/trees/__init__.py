"""Directories that archives are written to or made of: reached by descriptors, whatever is linked in them."""

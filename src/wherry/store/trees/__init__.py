"""Trees of files that may be hostile: reached by descriptors, walked, copied, removed, and looked up in stacks."""

"""Text -> frozen settings. Only files.py and watch.py touch the disk."""

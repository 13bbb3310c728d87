"""What becomes of a Record: the request log."""

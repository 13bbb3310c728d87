"""HTTP to providers: the only room with a socket to the outside."""

"""Who speaks what: vendors as rows, and a configured provider as something that can be asked."""

"""The join: one request from bytes to bytes. Declares the ports it needs and imports none of their makers."""

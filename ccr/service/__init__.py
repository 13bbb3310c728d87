"""Processes: start, find and stop the router on this machine, and what a shell needs to use it."""

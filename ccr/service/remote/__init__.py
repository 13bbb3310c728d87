"""Containers and other hosts over SSH: who they are, what runs there, commands and ports."""

"""The hub: what a request, a reply and an event are. Values only."""

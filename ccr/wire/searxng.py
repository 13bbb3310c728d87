"""A SearXNG server as an upstream that answers web searches."""

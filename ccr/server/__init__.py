"""The HTTP doors: who may enter, which dialect a path speaks, and how an answer leaves."""

"""Claude Code's status line, and the prompt's segment.

They run at every prompt and have 60 ms in all, of which Python takes a third: nothing here imports what takes long
(dataclasses, msgspec, http, asyncio), and tests/service/statusline/test_imports.py sees to that.
"""

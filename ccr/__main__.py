"""`ccr`, and `python -m ccr`."""

import sys

# These run at every prompt, and import next to nothing.
FAST = (("statusline",), ("prompt",))
VERSION = (("--version",), ("-v",), ("version",))


def main() -> None:
    words = tuple(sys.argv[1:])
    if words in VERSION:
        from ccr import __version__

        sys.stdout.write(f"ccr {__version__}\n")
        return
    if words[:1] in FAST:
        from ccr.cli import statusline

        if words in statusline.FAST:
            sys.exit(statusline.run(words))
    from ccr.cli.main import run

    sys.exit(run(words))


if __name__ == "__main__":
    main()

"""`ccr`, and `python -m ccr`."""

import sys


def main() -> None:
    from ccr.cli.main import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()

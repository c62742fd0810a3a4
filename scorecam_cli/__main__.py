"""`python -m scorecam_cli` and the installed command `scorecam`."""

import sys
from typing import NoReturn

from scorecam_cli.cli.memory import shortage


def main() -> NoReturn:
    """Run the command line and leave the process with its exit code, also where there is no memory to begin."""
    try:
        from scorecam_cli.cli.app import main as run
    except (ImportError, MemoryError, SystemError) as error:
        sentence = shortage(error)
        if sentence is None:
            raise
        sys.exit(f"scorecam: {sentence}")
    run()


if __name__ == "__main__":
    main()

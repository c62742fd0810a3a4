"""`python -m scorecam_cli` and the installed command `scorecam`."""

from scorecam_cli.cli.app import main

if __name__ == "__main__":
    main()

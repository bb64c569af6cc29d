"""Lets ``python -m cdshooks`` do what the ``cdshooks`` command does."""

from cdshooks.cli import main

if __name__ == "__main__":
    main()

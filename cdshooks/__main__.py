"""What ``cdshooks`` and ``python -m cdshooks`` run."""

import gc


def main() -> None:
    """The command line.

    Garbage is not looked for until everything is loaded: what is loaded stays, and
    looking through it again and again would be a tenth of the start.
    """
    gc.disable()
    from cdshooks.cli import main as commands

    commands()


if __name__ == "__main__":
    main()

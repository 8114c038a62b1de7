"""``python -m topline`` is ``topline``."""

from .cli import main

if __name__ == "__main__":
    main()

"""``python -m critmin``: the command line where its script is not on the path."""

from critmin.cli import main

if __name__ == "__main__":
    main()

"""What the command line does, one file per noun; `tenure.__main__` only reads the arguments."""

"""Each command of `neighlab exercise` has a file of its own, imported when it is called."""

"""Every figure is a ratio to something else measured in the same minute on the same machine, so it travels between
machines.

    python -m benchmarks [--only NAME] [--runs N] [--format json]
"""

"""The command line: one file per command, options declared once, no pixel work.

A command turns its options into a call and prints what comes back. Heavy imports live inside command bodies,
so that ``--help`` answers at once.
"""

"""One module or folder per verb of the command line: settings, steps, result, reported as events."""

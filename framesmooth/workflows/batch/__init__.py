"""Many jobs: read from a file, checked, done by workers, and taken up again where they were stopped."""

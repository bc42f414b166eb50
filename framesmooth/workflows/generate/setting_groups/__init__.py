"""The settings of ``generate`` by group: type, range, default, unit and help of each, in one place."""

"""Styles: named presets of words and settings, the built-in ones and those of files."""

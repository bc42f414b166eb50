"""Clips as streams of bytes, on stdin and stdout: read and written once, in order, without a file."""

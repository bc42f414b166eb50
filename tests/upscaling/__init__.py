"""Tests of enlarging."""

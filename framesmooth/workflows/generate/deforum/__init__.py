"""Settings files of Deforum, converted to those of framesmooth."""

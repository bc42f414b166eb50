"""Parts of ``study_five_ways.py``: the ways, what is measured of their clips, and the page."""

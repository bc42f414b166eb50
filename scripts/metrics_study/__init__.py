"""Parts of ``study_metrics``: its clips, its tables and its picture."""

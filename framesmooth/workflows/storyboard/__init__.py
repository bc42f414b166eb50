"""The workflow of ``framesmooth storyboard``: a story becomes shots, and the shots a film."""

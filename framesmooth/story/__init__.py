"""Storyboards: shots, transitions, titles and subtitles of a film, and their files for video editors."""

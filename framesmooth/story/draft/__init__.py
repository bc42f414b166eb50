"""From a text to a story: shots by rules, from prose, Markdown or a Fountain screenplay."""

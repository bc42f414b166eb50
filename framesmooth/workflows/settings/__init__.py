"""The settings of the verbs that work on clips, a module each: what their options are derived from."""

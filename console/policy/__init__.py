"""Floor 1: decisions in pure Python. No Django, no clock, no database: everything a decision needs comes in."""

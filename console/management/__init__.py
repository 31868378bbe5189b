"""Floor 4: what operators run."""

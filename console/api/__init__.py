"""Floor 3b: the REST API. It speaks Qlik's JSON."""

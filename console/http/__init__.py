"""Floor 3: what a request is. Host and tenant, session and person, limits of a body, what a browser may do."""

"""Floor 3c: the console and the account pages. They speak HTML."""

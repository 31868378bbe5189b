"""Floor 3, beside http: letters to people, in their language. They are sent from the outbox (models/mail.py)."""

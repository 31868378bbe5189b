"""Floor 3, beside http: emails to people, in their language. They are sent from the outbox (models/mail.py)."""

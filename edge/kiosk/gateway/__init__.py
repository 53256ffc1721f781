"""What the gateway of messages brings in: no pages, one address."""

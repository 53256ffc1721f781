"""The customer kiosk: attract, check in, greeting, and the form of a new guest, here or on an own phone."""

"""The front desk: the day's board, the staff card, bookings, walk-ins, checkout, follow-ups."""

"""What the screens do: transactions on the store, without Flask, each under its actor.

`people` finds customers, `checkin` brings them in, `intake` takes the form of new ones, `consents` holds the texts they agree to,
`desk` is the day's board and its bookings, `checkout` closes a visit with points and follow-ups.
"""

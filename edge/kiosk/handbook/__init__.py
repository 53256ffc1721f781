"""The handbook of the house: what to say, scenes to practise, plans for a bad hour, and the team's suggestions."""

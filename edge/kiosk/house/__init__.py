"""What belongs to the whole house: health, the language switch, signing in and out."""

"""The customer's report on her own phone: one page behind one unguessable code."""

"""The technician's page: what runs, what is silent, what was refused and why."""

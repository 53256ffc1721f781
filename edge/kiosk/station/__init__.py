"""The bed station: one visit step by step, for gloved hands, at most four actions a screen."""

"""Which model answers, and why: facts, rules, token counts, explain."""

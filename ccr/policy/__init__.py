"""How a failure is classified, and what is tried next. Pure; time is an argument."""

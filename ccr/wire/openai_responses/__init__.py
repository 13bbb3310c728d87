"""OpenAI Responses, both ways."""

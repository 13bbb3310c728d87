"""Gemini's own API: generateContent and streamGenerateContent."""

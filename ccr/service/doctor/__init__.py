"""What `ccr doctor` and `ccr provider test` look at: each check looks at one thing and says what it found, and what to do."""

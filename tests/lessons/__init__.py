"""The lessons: their texts, run as a reader runs them, and what turns them into notebooks."""

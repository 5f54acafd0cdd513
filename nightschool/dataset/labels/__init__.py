"""What is said of a question: category, difficulty, language, whether it needs reasoning."""

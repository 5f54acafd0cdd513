"""Each figure in the docs comes from a script in this folder that prints it."""

"""Flows order the stages. Run them with `python -m flows …`."""

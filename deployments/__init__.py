"""Above the flows: what serves them on a schedule. For now that is `prefect.yaml`; the rooms of its own come with it."""

"""The stages of a night as Prefect tasks: each makes a library function retriable and cached, and decides nothing itself."""

"""`make demo`: one night of a support desk on this machine. All of it is real but the people (and, if asked, the model)."""

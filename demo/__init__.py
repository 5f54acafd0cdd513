"""`make demo`: one night of a support desk on this machine. Everything in it is real but the people (and, if asked, the model)."""

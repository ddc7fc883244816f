"""From files to the cleaned and evaluated lines of a run."""

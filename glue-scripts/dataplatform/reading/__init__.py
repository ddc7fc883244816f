"""From files to the cleaned and judged lines of a run."""

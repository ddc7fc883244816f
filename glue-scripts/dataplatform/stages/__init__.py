"""The stages of the pipelines, and what they alone are made of."""

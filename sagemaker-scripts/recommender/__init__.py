"""Recommendations of products: training data, model, metrics and answers, for the entry points beside."""

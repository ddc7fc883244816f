"""Recommendations of products: training data, model, metrics, gate and answers, for the entry points beside."""

"""Recommendations of products: training data, model, metrics, gate and answers, shared by the entry points beside it."""

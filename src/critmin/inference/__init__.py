"""Sampling the model, refusing a bad fit, and what is kept of a good one."""

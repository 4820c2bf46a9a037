"""The model: equations, priors, and the joint `pm.Model`."""

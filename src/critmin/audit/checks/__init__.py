"""The model on trial: its priors, parts, data and calibration."""

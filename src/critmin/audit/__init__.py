"""Evidence for and against the model: calibration, sensitivity, the worth of its modules."""

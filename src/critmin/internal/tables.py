"""Tables of quantiles and their labels."""


def quantile_label(probability: float) -> str:
    """Label of a quantile, such as ``"5%"`` or ``"2.5%"``."""
    return f"{round(100 * probability, 2):g}%"

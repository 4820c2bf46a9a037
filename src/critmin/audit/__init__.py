"""Evidence for and against the model: backtests, calibration, sensitivity, one report a mineral."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from critmin.audit.reporting.pages import Report, report

__all__ = ["Report", "report"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from critmin.internal.extras import extras, require

        require("pymc")
        with extras():
            from critmin.audit.reporting import pages

        return getattr(pages, name)
    raise AttributeError(f"module 'critmin.audit' has no attribute {name!r}")

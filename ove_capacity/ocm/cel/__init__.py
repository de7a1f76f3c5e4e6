"""CEL expressions of cluster selectors."""

from ove_capacity.ocm.cel.program import compile_error, holds, not_modelled

__all__ = ["compile_error", "holds", "not_modelled"]

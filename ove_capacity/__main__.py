"""``python -m ove_capacity``: the command line."""

import sys

from ove_capacity.cli.main import main

__all__: list[str] = []

sys.exit(main())

"""Lets `python -m dlcourse` do what `dlcourse` does."""

import sys

from dlcourse.commands.cli import main

sys.exit(main())

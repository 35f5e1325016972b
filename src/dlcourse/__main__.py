"""Lets `python -m dlcourse` do what `dlcourse` does."""

import sys

from dlcourse.cli import main

sys.exit(main())

"""What `make bench` runs: how long the lessons take, and how much sooner the fast training ends."""

import os

# As for the lessons: threads that wait sleep. PyTorch reads it when it is first imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

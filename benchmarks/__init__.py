"""What `make bench` runs: how long the lessons take, and how much sooner the fast training ends."""

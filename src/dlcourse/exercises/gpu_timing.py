"""The exercises of lesson 06: honest timings."""

"""Kills the real binary at random moments and looks what is left (`tools/crash-loop`)."""

"""Tests of the parts of the suite that decide and compute; nothing here is measured."""

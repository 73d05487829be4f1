"""Tests that others wrote: Kubernetes' own end-to-end suite for NetworkPolicy."""

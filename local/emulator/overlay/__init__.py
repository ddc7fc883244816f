"""Patches on moto, one module a service; each restores one behaviour of AWS."""

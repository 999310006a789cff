"""Decides when to sync: turns every sync.requested into one sync and starts it per provider."""

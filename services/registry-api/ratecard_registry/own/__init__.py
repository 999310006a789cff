"""Prices that the operator sets by hand: a layer above the list's, which no sync writes."""

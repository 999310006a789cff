"""Dated prices from lists of other tools, for the time before Ratecard recorded any."""

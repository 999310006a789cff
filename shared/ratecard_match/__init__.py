"""Pure: which name on a page is which model of an API, explained."""

"""Pure: which name on a page is which model of an API, explained."""

from ratecard_match.matching import MatchResult, Refused, match, match_all, one_spelling
from ratecard_match.pairs import Answer, Answers, Pair, answer_pairs
from ratecard_match.steps import SURE, Aliases

__all__ = [
    "SURE",
    "Aliases",
    "Answer",
    "Answers",
    "MatchResult",
    "Pair",
    "Refused",
    "answer_pairs",
    "match",
    "match_all",
    "one_spelling",
]

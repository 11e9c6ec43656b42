"""Phone numbers that are plainly canonical, told without parsing them.

Whatever is not plainly so is left to the library, which stays the judge of what a phone number is.
A test holds that the two agree, for every calling code.
"""

import re
from functools import lru_cache
from typing import NamedTuple

import phonenumbers

CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)  # the library, too, takes the shortest
PLAIN = re.compile(rf"\+({'|'.join(map(str, CODES))})(\d+)", re.ASCII)
LONGEST = 17  # digits behind the calling code, to the library


class Dialling(NamedTuple):
    """How numbers of one calling code are written.

    Attributes:
        lengths: How many digits may follow the code.
        prefix: What is dialled before a number within the country; None where nothing is.
    """

    lengths: frozenset[int]
    prefix: re.Pattern[str] | None


def is_canonical(text: str) -> bool:
    """Say whether a text is a possible number in E.164 already; False also where that is unsure.

    The library takes nothing from a number but a prefix of national dialling, so one of a possible
    length that bears no prefix stays as it is, leading zeros and all.
    """
    plain = PLAIN.fullmatch(text)
    if plain is None:
        return False
    code, national = plain.groups()
    lengths, prefix = dialling(code)
    return len(national) in lengths and not (prefix and _bears(national, prefix))


def _bears(national: str, prefix: re.Pattern[str]) -> bool:
    """Say whether something of a number is prefix; some countries' prefixes match nothing, too."""
    found = prefix.match(national)
    return found is not None and (found.end() > 0 or found.lastindex is not None)


@lru_cache(maxsize=len(CODES))
def dialling(code: str) -> Dialling:
    """Look up how numbers of a known calling code are written."""
    known = int(code)
    region = phonenumbers.region_code_for_country_code(known)
    metadata = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(known, region)
    prefix = metadata and metadata.national_prefix_for_parsing
    return Dialling(_lengths(known), re.compile(prefix) if prefix else None)


def _lengths(code: int) -> frozenset[int]:
    """Ask the library, which looks at nothing but the length of a number here."""
    return frozenset(
        digits
        for digits in range(2, LONGEST + 1)
        if phonenumbers.is_possible_number(
            phonenumbers.PhoneNumber(country_code=code, national_number=10 ** (digits - 1))
        )
    )

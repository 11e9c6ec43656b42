"""Identifiers made canonical, so that a telecom's and a bank's spelling of one thing meet.

The errors below name the format and never the value: an identifier is personal data.
"""

import unicodedata
from collections.abc import Callable

import phonenumbers
from stdnum import iban, imei
from stdnum.exceptions import ValidationError as StdnumError

from riskscore.product import phones
from riskscore.product.check_digits import is_imei, is_luhn
from riskscore.product.spec import Format

MAX_LENGTH = 256  # characters
DROPPED = ("Z", "P", "C")  # Unicode categories: spaces, punctuation, control and invisible marks


class BadIdentifier(ValueError):
    """A text that is no identifier of the asked format; the message says what was expected."""


def canonical(identifier: str, format_: Format) -> str:
    """Bring an identifier into the one spelling that is compared and stored.

    Raises:
        BadIdentifier: It fails the check of its format.
    """
    if len(identifier) > MAX_LENGTH:
        raise BadIdentifier(f"expected at most {MAX_LENGTH} characters")
    plainly = identifier if identifier.isascii() else unicodedata.normalize("NFKC", identifier)
    spelled = CANONICAL[format_](plainly)
    if not spelled:
        raise BadIdentifier("expected a letter or digit")
    return spelled


ASCII_UPPER = bytes(range(256)).upper()
ASCII_DROPPED = bytes(
    place for place in range(128) if unicodedata.category(chr(place))[0] in DROPPED
)


def plain(text: str) -> str:
    if text.isascii():  # nearly all are
        return text.encode().translate(ASCII_UPPER, ASCII_DROPPED).decode()
    return plain_of_any_script(text)


def plain_of_any_script(text: str) -> str:
    upper = unicodedata.normalize("NFKD", text).upper()
    kept = "".join(each for each in upper if unicodedata.category(each)[0] not in DROPPED)
    return unicodedata.normalize("NFKC", kept)


def e164(text: str) -> str:
    return text if phones.is_canonical(text) else parsed_e164(text)


def parsed_e164(text: str) -> str:
    expected = "expected a phone number in E.164, such as +66812345678"
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        raise BadIdentifier(expected) from None
    if not phonenumbers.is_possible_number(number) or number.extension:
        raise BadIdentifier(expected)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def imei14(text: str) -> str:
    """Keep the 14 digits that name the handset, without check digit or software version."""
    spelled = plain(text)
    return spelled[:14] if is_imei(spelled) else validated_imei(spelled)[:14]


def validated_imei(text: str) -> str:
    try:
        return str(imei.validate(text))
    except StdnumError:
        raise BadIdentifier(
            "expected an IMEI of 14 to 16 digits with a right check digit"
        ) from None


def iccid(text: str) -> str:
    digits = plain(text)
    right = digits.isascii() and digits.isdigit() and digits.startswith("89")
    if not (right and 18 <= len(digits) <= 20 and is_luhn(digits)):  # noqa: PLR2004
        raise BadIdentifier("expected an ICCID: 89, 18 to 20 digits, right check digit")
    return digits


def iban_compact(text: str) -> str:
    try:
        return str(iban.validate(plain(text)))
    except StdnumError:
        raise BadIdentifier("expected an IBAN with right check digits") from None


CANONICAL: dict[Format, Callable[[str], str]] = {
    "plain": plain,
    "e164": e164,
    "imei": imei14,
    "iccid": iccid,
    "iban": iban_compact,
}

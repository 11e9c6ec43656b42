"""Check digits of plain numbers: what stdnum says of them, in a few calls.

Source: ISO/IEC 7812-1, annex B (the Luhn formula); 3GPP TS 23.003, section 6 (IMEI and IMEISV).
"""

IMEI = 15  # digits with the check digit
UNCHECKED = (14, 16)  # digits of an IMEI without it, and with the software version in its stead

SINGLE = bytes.maketrans(b"0123456789", bytes(range(10)))
DOUBLED = bytes.maketrans(b"0123456789", bytes([0, 2, 4, 6, 8, 1, 3, 5, 7, 9]))


def is_luhn(digits: str) -> bool:
    """Say whether the last of some ASCII digits is the check digit of those before."""
    backwards = digits.encode()[::-1]
    total = sum(backwards[::2].translate(SINGLE)) + sum(backwards[1::2].translate(DOUBLED))
    return total % 10 == 0


def is_imei(text: str) -> bool:
    """Say whether a text is an IMEI in digits alone, its check digit right where there is one."""
    if not (text.isdigit() and text.isascii()):
        return False
    return len(text) in UNCHECKED or (len(text) == IMEI and is_luhn(text))

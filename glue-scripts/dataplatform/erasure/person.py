"""Whom an erasure is about, and how a record, a line or a text is known to be about them."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from dataplatform.transforms.processed import addresses
from dataplatform.transforms.processed.identifiers import GUEST, keys, plain_customer
from dataplatform.transforms.pseudonyms import Secret
from dataplatform.transforms.white_space import UNSEEN, WHITE_SPACE

# Fields that hold a customer's number, in lower case: of the sources, of the platform's tables, and of clicks.
NUMBERS = frozenset({"customerid", "customer_id", "user_id"})
ADDRESS = "email"
_AROUND = WHITE_SPACE + UNSEEN
_UNSEEN = str.maketrans("", "", UNSEEN)
# What stands between the fields of a text that is no record.
_BETWEEN = re.compile(r"[\s,;|:\[\]{}]+")
_QUOTED = re.compile('"([^"]*)"')
_NUMBER = re.compile(r"[0-9A-Za-z_-]{1,64}")
# What groups the digits of a number; a comma only within quotes, for it is also between two fields.
_GROUPING = "[ '.]"


def number(value: Any) -> str:
    """Return a customer's number as processed has it, whatever writing it comes in; empty for nobody's."""
    return plain_customer(str(value if value is not None else ""))


def address_key(address: str) -> str:
    """Return the number of a customer who is known by an e-mail address; dataplatform.reading.mapped makes the same."""
    return "email-" + sha256(addresses.plain(address).encode()).hexdigest()[:40]


@dataclass(frozen=True)
class Person:
    """A customer by number; names and e-mail addresses are in the form that casefold gives.

    ``spellings`` are other writings of the number that tables have from before they had one for all, ``secrets`` what
    pseudonyms are and were made by.
    """

    number: str
    names: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    spellings: frozenset[str] = frozenset()
    secrets: tuple[Secret, ...] = ()

    @classmethod
    def of(cls, given: str, names: Iterable[Any] = (), emails: Iterable[Any] = ()) -> "Person":
        """Return a customer; raise ValueError for what is no single customer's number or e-mail address."""
        one = number(given)
        if "@" in one:
            emails, one = [*emails, one], address_key(one)
        if not _NUMBER.fullmatch(one) or one == GUEST:
            raise ValueError("a customer's number is 1 to 64 letters, digits, _ and -, and not the guests' one")
        return cls(one).known_as(names, emails)

    def known_as(self, names: Iterable[Any], emails: Iterable[Any]) -> "Person":
        """Return the customer with more names and addresses, and the keys that some sources have of these."""
        known = replace(self, names=self.names | _words(names), emails=self.emails | _addresses(emails))
        return known.spelled(address_key(one) for one in known.emails)

    def spelled(self, numbers: Iterable[str]) -> "Person":
        """Return the customer with more writings of its number."""
        return replace(self, spellings=(self.spellings | set(numbers)) - {self.number})

    def under(self, secrets: Iterable[Secret]) -> "Person":
        """Return the customer with the secrets that its pseudonyms are and were made by, the one in force first."""
        return replace(self, secrets=tuple(secrets))

    @property
    def numbers(self) -> list[str]:
        """The number in every writing that a table has, its normal form first."""
        return [self.number, *sorted(self.spellings)]

    @property
    def key(self) -> str:
        """The pseudonym in curated."""
        return self.keys[0]

    @property
    def keys(self) -> list[str]:
        """The pseudonyms of the numbers by every secret, and those from before there was one."""
        keyed = [secret.name(one) for secret in self.secrets for one in self.numbers]
        return keyed + [sha256(f"customer:{one}".encode()).hexdigest() for one in self.numbers]

    def in_fields(self, fields: Mapping[str, Any]) -> bool:
        """Say whether a record is about the customer.

        A number decides: a record with someone else's stays, for people share names, and families an address. Without
        a number, as in lines that were refused for lacking one, the address does, and without one the name.
        """
        waiting: list[Any] = [fields]  # and not by recursion: a value may be within hundreds of others
        while waiting:
            value = waiting.pop()
            if isinstance(value, Mapping):
                about = self._identified(value)
                if about:
                    return True
                if about is None:
                    waiting += value.values()
            elif isinstance(value, (list, tuple)):
                waiting += value
            elif self._named(value):
                return True
        return False

    def in_text(self, text: str) -> bool:
        """Say whether a text that is no record, such as a broken file's line, may be about the customer."""
        folded = text.casefold()
        if any(word in folded for word in (*self.names, *self.emails, *self.keys)):
            return True
        mine = self.number.casefold()
        if re.search(rf"(?<![\w.-]){re.escape(mine)}(?:\.0*)?(?![\w-])", folded):
            return True
        if len(mine) > 3 and re.search(rf"(?<![\w.-]){_grouped(mine)}(?:[.,]0*)?(?![\w-])", keys(text)):
            return True
        words = {form for word in _BETWEEN.split(text) if not word.isalpha() for form in (word, word.strip('"'))}
        return any(number(word).casefold() == mine for word in words | set(_QUOTED.findall(text)))

    def named(self, fields: Mapping[str, Any]) -> bool:
        """Say whether a record names anybody by a number or an address."""
        return self._identified(fields) is not None

    def _identified(self, fields: Mapping[str, Any]) -> bool | None:
        """Say whether the numbers or else the addresses among the fields are the customer's; None without any."""
        numbers = {number(value) for name, value in fields.items() if str(name).lower() in NUMBERS} - {""}
        if numbers:
            return self.number in numbers or bool(_addresses(numbers) & self.emails)
        given = _addresses(value for name, value in fields.items() if ADDRESS in str(name).lower())
        return bool(given & self.emails) if given else None

    def _named(self, value: Any) -> bool:
        folded = _seen(value if value is not None else "").casefold()
        return folded in self.names or any(email in folded for email in self.emails)


def _grouped(digits: str) -> str:
    """A pattern of a number's digits with marks between the threes; of no number one that nothing has."""
    if not digits.isdecimal():
        return "(?!)"
    first = len(digits) % 3 or 3
    return _GROUPING.join([digits[:first], *(digits[at : at + 3] for at in range(first, len(digits), 3))])


def _addresses(values: Iterable[Any]) -> frozenset[str]:
    return frozenset(addresses.plain(str(value)).casefold() for value in values if value) - {""}


def _words(values: Iterable[Any]) -> frozenset[str]:
    return frozenset(_seen(value).casefold() for value in values if value) - {""}


def _seen(value: Any) -> str:
    """What one sees of a name or an address, composed."""
    return unicodedata.normalize("NFC", str(value)).translate(_UNSEEN).strip(_AROUND)

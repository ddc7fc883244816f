"""Whom an erasure is about, and how a record, a line or a text is known to be about them."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import Any

from dataplatform.erasure import readings
from dataplatform.transforms.processed import addresses
from dataplatform.transforms.processed.identifiers import GUEST, keys, plain_customer
from dataplatform.transforms.pseudonyms import Secret
from dataplatform.transforms.white_space import UNSEEN, WHITE_SPACE

# Fields that hold a customer's number, in lower case: of the sources, of the platform's tables, and of clicks.
NUMBERS = frozenset({"customerid", "customer_id", "user_id"})
ADDRESS = "email"
# Fields that are called otherwise, in records that were refused for it.
SOMEBODY = re.compile("cust|user|client|member|account|buyer|shopper|person|profile|party|^uid$", re.IGNORECASE)
_AROUND = WHITE_SPACE + UNSEEN
_UNSEEN = str.maketrans("", "", UNSEEN)
# What stands between the fields of a text that is no record.
_BETWEEN = re.compile(r"[\s,;|:\[\]{}]+")
_QUOTED = re.compile('"([^"]*)"')
_NUMBER = re.compile(r"[0-9A-Za-z_-]{1,64}")
# Keeps values apart in one text: no writing goes on behind it.
_APART = " \n "
# What parts of an address of a page, and of its query, are apart by.
_PARTS = re.compile(r"[?&=#/;\r\n]+")
_KEY_PARTS = re.compile(r"[/_.=-]+")
_TELLING = 4  # a number of so many signs is no day, hour or count
# The pages and parameters of somebody's account, before the number.
_ACCOUNT = r"(?:account|customer|user|client|member|profile)s?(?:[_-]?(?:id|no|nr|number|key))?[/=:]"
# What stands before a number in a text about products, which have numbers, too: "Customer no. 12345", customers/12345.
_TOLD = (
    r"(?<![a-z])(?:account|customer|user|client|member|profile|buyer|shopper)s?"
    r"[ _.-]*(?:id|no|nr|number|key)?[^0-9a-z,;\n]{0,4}"
)
_WORDS_APART = re.compile(r"[\W_]+")
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
        a number, as in lines that were refused for lacking one, the address does, and without one the name, or the
        number in a field that is called otherwise and of somebody.
        """
        values: list[str] = []
        waiting: list[Any] = [fields]  # and not by recursion: a value may be within hundreds of others
        while waiting:
            value = waiting.pop()
            if isinstance(value, Mapping):
                about = self._identified(value)
                if about:
                    return True
                if about is None:
                    waiting += value.values()
                    if any(number(one) == self.number for name, one in value.items() if SOMEBODY.search(str(name))):
                        return True
            elif isinstance(value, (list, tuple)):
                waiting += value
            elif isinstance(value, str):
                values.append(value)
        return bool(self.naming(values))

    def naming(self, values: Sequence[str]) -> list[str]:
        """Return which values are the name, have an address in them, or are of a page of the account.

        All are looked through at once, and one by one only where that finds anything, which is rare.
        """
        found = (_folded(one) for one in readings.texts(_APART.join(values)))
        if not any(needle in text for text in found for needle in self._needles):
            return []
        return [value for value in values if any(self._says(one) for one in readings.texts(value))]

    def in_text(self, text: str) -> bool:
        """Say whether a text that is no record, such as a broken file's line, may be about the customer."""
        return any(self._in(one) for one in readings.texts(text))

    def in_content(self, chunks: Iterable[bytes]) -> bool:
        """Say whether bytes, whatever they are packed and written in, may be about the customer."""
        return any(self._in(one) for one in readings.contents(chunks))

    def _in(self, text: str) -> bool:
        folded = _folded(text)
        if any(one.search(folded) for one in self._words_apart) or any(key in folded for key in self.keys):
            return True
        mine = self.number.casefold()
        if re.search(rf"(?<![\w.-]){re.escape(mine)}(?:\.0*)?(?![\w-])", folded):
            return True
        if len(mine) > 3 and re.search(rf"(?<![\w.-]){_grouped(mine)}(?:[.,]0*)?(?![\w-])", keys(text)):
            return True
        words = {form for word in _BETWEEN.split(text) if not word.isalpha() for form in (word, word.strip('"'))}
        return any(number(word).casefold() == mine for word in words | set(_QUOTED.findall(text)))

    @cached_property
    def _words_apart(self) -> list[re.Pattern[str]]:
        """What finds the addresses and the names, and not the ends of longer ones."""
        names = [rf"(?<!\w){re.escape(name)}(?!\w)" for name in sorted(self.names)]
        return self._addresses_apart + [re.compile(one) for one in names]

    @cached_property
    def _addresses_apart(self) -> list[re.Pattern[str]]:
        emails = [rf"(?<![\w.+-]){re.escape(email)}(?![\w-]|\.\w)" for email in sorted(self.emails)]
        return [re.compile(one) for one in emails]

    @cached_property
    def _needles(self) -> tuple[str, ...]:
        return (*self.emails, *self.names, self.number.casefold())

    @cached_property
    def _account(self) -> re.Pattern[str]:
        return re.compile(rf"{_ACCOUNT}{re.escape(self.number.casefold())}(?![\w.-])")

    def is_mentioned(self, text: str) -> bool:
        """Say whether a name or an address is anywhere in a text that others wrote, in which a number says nothing."""
        return any(word.search(_folded(one)) for one in readings.texts(text) for word in self._words_apart)

    def in_key(self, key: str) -> bool:
        """Say whether an object's name may be about the customer; a short number is of a date, or counts."""
        said = [_folded(one) for one in readings.texts(key)]
        if any(word in one for one in said for word in (*self.emails, *self.names)):  # an ending may follow
            return True
        return len(self.number) >= _TELLING and any(self._in(part) for one in said for part in _KEY_PARTS.split(one))

    def is_told(self, text: str) -> bool:
        """Say whether a text about anything else, such as products, tells of the customer: an address or a pseudonym, a
        name of several words, or the number behind a word for somebody."""
        return any(self._tells(one) for one in readings.texts(text))

    def is_told_in(self, chunks: Iterable[bytes]) -> bool:
        """Say of bytes what is_told says of a text, whatever they are packed and written in."""
        return any(self._tells(one) for one in readings.contents(chunks))

    def is_told_by(self, key: str) -> bool:
        """Say of an object's name what is_told says of a text; signs stand in it for spaces, and endings follow."""
        forms = {key, _WORDS_APART.sub(" ", key), *(key.rsplit(".", ends)[0] for ends in (1, 2))}
        return any(self.is_told(one) for one in forms)

    def _tells(self, text: str) -> bool:
        folded = _folded(text)
        return any(one.search(folded) for one in self._telling) or any(key in folded for key in self.keys)

    @cached_property
    def _telling(self) -> list[re.Pattern[str]]:
        names = [rf"(?<!\w){re.escape(name)}(?!\w)" for name in sorted(self.names) if " " in name]
        number = rf"{_TOLD}{re.escape(self.number.casefold())}(?:[.,]0+)?(?![0-9a-z]|[.,]\d)"
        return [*self._addresses_apart, *(re.compile(one) for one in (*names, number))]

    def is_shifted(self, fields: Mapping[str, Any]) -> bool:
        """Say whether the fields of a refused record stand in other columns than theirs: words in a number's place, or
        no address in an address's."""
        said = {str(name).lower(): str(value) for name, value in fields.items() if value}
        numbers = [number(value) for name, value in said.items() if name in NUMBERS]
        words = [one for one in numbers if one and one != GUEST and not any(letter.isdigit() for letter in one)]
        return bool(words) or any("@" not in value for name, value in said.items() if ADDRESS in name)

    def has_address(self, value: Any) -> bool:
        """Say whether a value is an address of the customer."""
        return not self.emails.isdisjoint(_addresses([value]))

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

    def _says(self, text: str) -> bool:
        folded = _folded(text)
        if any(one.search(folded) for one in self._addresses_apart) or self._account.search(folded):
            return True
        return any(_seen(part) in self.names for part in (folded, *_PARTS.split(folded)))


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


def _folded(text: str) -> str:
    return text.casefold() if text.isascii() else unicodedata.normalize("NFC", text).translate(_UNSEEN).casefold()


def _seen(value: Any) -> str:
    """What one sees of a name or an address, composed."""
    return unicodedata.normalize("NFC", str(value)).translate(_UNSEEN).strip(_AROUND)

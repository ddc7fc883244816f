"""The pseudonyms by which tables without personal data know customers: HMAC-SHA256 of the number, by a secret.

Numbers are few: a hash of them that everybody can compute is counted out in a second. Erasures and the platform's own
checks make the same in plain Python and Go; tests/cases/pseudonyms.json holds for all.
"""

import hmac
from dataclasses import dataclass, field
from hashlib import sha256

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dataplatform.transforms.processed.identifiers import GUEST

KEY, NUMBER = "customer_key", "customer_id"
# What the pseudonyms of a table are made by, as a property of the table.
PROPERTY = "dataplatform.pseudonyms"
_BLOCK, _PREFIX = 64, "customer:"


@dataclass(frozen=True)
class Secret:
    """What pseudonyms are made by. Nothing shows the key: not this, no plan and no log of Spark."""

    version: int
    key: bytes = field(repr=False)

    def name(self, number: str) -> str:
        """Return the pseudonym of a customer number; all guests have the one of that name."""
        return GUEST if number == GUEST else self._mac(f"{_PREFIX}{number}")

    @property
    def mark(self) -> str:
        """Which secret it is, for those who compare two; of the key it tells nothing."""
        return f"{self.version}-{self._mac('mark')[:16]}"

    def _mac(self, text: str) -> str:
        return hmac.new(self.key, text.encode(), sha256).hexdigest()

    def add(self, rows: DataFrame) -> DataFrame:
        """Add the pseudonyms of the customers that rows are of.

        A literal would be seen in every plan, so the key is the one row of a frame, which plans do not show. HMAC is
        written as RFC 2104 has it: Spark has no function for it, and one in Python would move every row there.
        """
        key = self.key if len(self.key) <= _BLOCK else sha256(self.key).digest()
        padded = key.ljust(_BLOCK, b"\0")
        pads = [tuple(bytearray(one ^ pad for one in padded) for pad in (0x36, 0x5C))]
        known = rows.sparkSession.createDataFrame(pads, "_inner binary, _outer binary")
        text = F.encode(F.concat(F.lit(_PREFIX), F.col(NUMBER)), "UTF-8")
        inner = F.unhex(F.sha2(F.concat("_inner", text), 256))
        named = F.sha2(F.concat("_outer", inner), 256)
        known_as = F.when(F.col(NUMBER) == GUEST, F.lit(GUEST)).otherwise(named)
        return rows.crossJoin(F.broadcast(known)).withColumn(KEY, known_as).drop(*known.columns)

"""What names of countries are compared by: case, white space and punctuation make no other country."""

LEFT_OUT = ".,()'’‘`´"
SPACES = "-‐‑–—_/"


def key(name: str) -> str:
    """The key of a name, as countries.code computes it."""
    changed = name.lower().translate(str.maketrans(dict.fromkeys(LEFT_OUT) | dict.fromkeys(SPACES, " ")))
    return " ".join(changed.split())

from emulator.settings import Settings


def install(_settings: Settings) -> None:
    pass

"""What every service of the emulator uses: the server, locks, faults, patches on moto, strictness and permissions."""

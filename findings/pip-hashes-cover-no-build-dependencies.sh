#!/usr/bin/env bash
# pip 26.3 with --require-hashes still fetches what a source package is built with without any hash.
#
# Its documentation (Secure installs) says that the mode is all or nothing: a requirement without a hash ends the install. The packages that
# build a source distribution are no such requirements: pip asks the index for the newest that pyproject.toml or the default lets, and
# runs them. --no-build-isolation, with those packages installed by their hashes before, leaves nothing unchecked.
#
# Exits with 0 while pip does so, with 1 when it refuses or fetches nothing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check 'pip==26.3'
cat >requirements.txt <<'TXT'
kwonly-args==1.0.10 --hash=sha256:59c85e1fa626c0ead5438b64f10b53dda2459e0042ea24258c9dc2115979a598
TXT
env/bin/python -m pip --version | cut -d' ' -f1,2
env/bin/python -m pip install --disable-pip-version-check --no-cache-dir --require-hashes --no-binary :all: -v -r requirements.txt >log 2>&1 ||
  { tail -5 log; echo 'refused'; exit 1; }
grep -oE 'Collecting setuptools[^ ]*|Successfully installed .*' log | sort -u
grep -q 'Collecting setuptools' log

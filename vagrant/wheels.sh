#!/usr/bin/env bash
# Collect what a checkout installs, as wheels in its vagrant/wheels/: a guest without a network installs from there.
#
#   wheels.sh [CHECKOUT] [PYTHON]    the checkout of this script and /usr/bin/python3, unless others are named
#
# The guest's Python has to be the same version as PYTHON.
set -euo pipefail
checkout=$(realpath "${1-$(dirname "${BASH_SOURCE[0]}")/..}")
wheels=$checkout/vagrant/wheels
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"${2-/usr/bin/python3}" -m venv "$work/venv"
# built from a copy: a build writes into the folder that it is made of
mkdir "$work/checkout"
tar -C "$checkout" --exclude=.git --exclude=.venv --exclude=results --exclude=.vagrant --exclude=vagrant/wheels -c . |
    tar -C "$work/checkout" -x
"$work/venv/bin/pip" wheel -q --disable-pip-version-check --wheel-dir "$work/wheels" 'setuptools>=70.1' wheel "$work/checkout"
rm "$work/wheels"/neighlab-*
rm -rf "$wheels"
mv "$work/wheels" "$wheels"

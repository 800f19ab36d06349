#!/usr/bin/env bash
# Run the catalogue on a machine of its own and bring every report back; the exit code is the catalogue's.
#
#   ci.sh [--results DIR] [--keep] [vagrant] [-- ARGS]     in the Vagrant VM of this folder (the default)
#   ci.sh [--results DIR] ssh USER@HOST [-- ARGS]          on a machine that ssh reaches, Debian or Ubuntu, with sudo
#   ci.sh [--results DIR] here [-- ARGS]                   on this machine
#
# ARGS go to `neighlab run` there. --keep leaves the VM running. Reports land in DIR (default: results/).
# Exit codes: those of `neighlab run`; 3 when the machine cannot be had.
set -uo pipefail
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
checkout=$(dirname "$folder")

results=$checkout/results keep=no where=vagrant host=
fail() {
    echo "ci.sh: $*" >&2
    exit "${code:-3}"
}
while (($#)); do
    case $1 in
    --results) [[ ${2-} ]] || code=2 fail "--results wants a folder"; results=$2; shift ;;
    --keep) keep=yes ;;
    vagrant | here) where=$1 ;;
    ssh) where=ssh host=${2-}; [[ $host ]] || code=2 fail "ssh wants USER@HOST"; shift ;;
    --) shift; break ;;
    -h | --help) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) code=2 fail "no such argument: $1 (see --help)" ;;
    esac
    shift
done
mkdir -p "$results" && results=$(realpath "$results") || fail "cannot make $results"
rm -f "$results/exit-code"
arguments=$(printf ' %q' "$@")

# The catalogue's exit code travels in a file: the way there and back has codes of its own.
verdict() {
    [[ -f $results/exit-code ]] || fail "no result came back from the $1"
    exit "$(<"$results/exit-code")"
}

on_vagrant() {
    command -v vagrant >/dev/null || fail "vagrant is not installed (Debian: apt-get install vagrant vagrant-libvirt)"
    cd "$folder" || exit 3
    export VAGRANT_CHECKPOINT_DISABLE=1 # a question to the network that can take a minute
    trap '[[ $keep = yes ]] || vagrant destroy -f >/dev/null 2>&1' EXIT
    vagrant up --provision || fail "the VM did not come up"
    local config
    config=$(mktemp)
    vagrant ssh-config >"$config" || fail "no way into the VM"
    ssh -F "$config" neighlab "neighlab/vagrant/catalogue.sh neighlab/results$arguments"
    rsync -a --no-owner --no-group -e "ssh -F $config" "neighlab:neighlab/results/" "$results/"
    rm -f "$config"
    verdict VM
}

on_ssh() {
    local there=neighlab-ci
    rsync -a --delete --exclude .git/ --exclude .venv/ --exclude .vagrant/ --exclude results/ "$checkout/" "$host:$there/" ||
        fail "cannot copy the checkout to $host"
    ssh "$host" "sudo -n bash $there/vagrant/provision.sh \"\$PWD/$there\" \"\$USER\"" || fail "$host cannot be made ready"
    ssh "$host" "$there/vagrant/catalogue.sh $there/results$arguments"
    rsync -a --no-owner --no-group "$host:$there/results/" "$results/"
    verdict "machine $host"
}

case $where in
here) exec "$folder/catalogue.sh" "$results" "$@" ;;
ssh) on_ssh "$@" ;;
*) on_vagrant "$@" ;;
esac

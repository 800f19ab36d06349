#!/usr/bin/env bash
# Run the catalogue on this machine, whatever it is - a VM, a runner, a laptop - and leave every report in one folder.
#
#   catalogue.sh RESULTS [ARGS]    ARGS go to `neighlab run`; as root (or with sudo) the host-table scenarios run, too
#
# RESULTS gets junit.xml, results.ktap, results.json, report/index.html, pcap/ and exit-code. The exit code is the run's.
set -uo pipefail

results=$(realpath -m "${1:?catalogue.sh RESULTS [ARGS]}")
shift
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 3
mkdir -p "$results"
rm -rf "$results"/{junit.xml,results.ktap,results.json,report,pcap,exit-code}

run=(./lab run -j "$(nproc)" "$@" --format junit --output "$results/junit.xml" --output "$results/results.ktap"
    --output "$results/results.json" --report "$results/report" --pcap "$results/pcap")
./lab --version || exit 3 # sets itself up as this user
if ((EUID == 0)); then
    "${run[@]}" --host-table
elif sudo -n true 2>/dev/null; then
    sudo -n "${run[@]}" --host-table
else
    "${run[@]}"
fi
code=$?
((EUID == 0)) || ! sudo -n true 2>/dev/null || sudo -n chown -R "$(id -u):$(id -g)" "$results"
echo "$code" >"$results/exit-code"
exit "$code"

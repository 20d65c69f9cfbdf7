#!/usr/bin/env bash
# The long runs: many kills, each at a moment that the seed decides. Hours; in the background, before an issue closes.
# Half of the kills are under mixed load, held by the history checker; beside them a tenth as many of PostgreSQL, of S3 and of one of two nodes.
#   tests/soak/run.sh [--kills N] [--seed N] [--fuzz SECONDS] [--import MESSAGES] [--in-step SECONDS]
set -euo pipefail
usage() { echo "usage: run.sh [--kills N] [--seed N] [--fuzz SECONDS A TARGET] [--import MESSAGES] [--in-step SECONDS A TEST]; without --seed the clock's"; }
kills=10000 seed=$(date +%s) fuzz=600 import=200000 in_step=600
while [ $# -gt 0 ]; do
    case "$1" in
        --kills) kills=$2; shift 2 ;;
        --seed) seed=$2; shift 2 ;;
        --fuzz) fuzz=$2; shift 2 ;;
        --import) import=$2; shift 2 ;;
        --in-step) in_step=$2; shift 2 ;;
        -h|--help) usage; exit 0 ;;
        *) usage >&2; exit 2 ;;
    esac
done
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
dotnet build tests/Posthorn.ProtocolTests -c Release -v quiet --nologo
# A copy, so that a build beside it does not disturb the run.
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -r tests/Posthorn.ProtocolTests/bin/Release/net10.0/. "$copy"
echo "$(git rev-parse --short HEAD): $kills kills, seed $seed"
if [ "$fuzz" -gt 0 ]; then
    dotnet build tests/Posthorn.Fuzz -c Release -v quiet --nologo
    tests/Posthorn.Fuzz/bin/Release/net10.0/Posthorn.Fuzz --seconds "$fuzz" --seed "$((seed % 2147483647))"
fi
if [ "$import" -gt 0 ]; then
    tests/soak/import.sh "$import"
fi
if [ "$in_step" -gt 0 ]; then
    IN_STEP_SECONDS=$in_step "$copy/Posthorn.ProtocolTests" --filter-class '*SessionsInStepTests' --show-stdout all --output detailed
fi
KILLS=$kills KILL_SEED=$((seed % 2147483647)) "$copy/Posthorn.ProtocolTests" --filter-class '*KillTests' --show-stdout all --output detailed

#!/usr/bin/env bash
# Builds the benchmarks and prints what DESIGN's table of goals asks for, as one table. Both sides of a ratio are measured in
# one process, in turn, five times; a figure is the median.
#
# Usage: tests/bench/run.sh [--no-install] [MARKET...]   MARKET: such as 100k_zipf_0.99 (default: all, and the pipeline)
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
if [ "${1:-}" = --no-install ]; then
  shift
else
  . deploy/packages.sh
  packages_install build bench
fi
cmake --preset bench >/dev/null
cmake --build --preset bench --target core_bench pipeline_bench risk-engine drop-copy
python3 tests/bench/table.py build/bench/bin/core_bench "$@"
[ $# -gt 0 ] || python3 tests/bench/pipeline.py build/bench/bin
[ $# -gt 0 ] || python3 tests/bench/drop_copy.py build/bench/bin

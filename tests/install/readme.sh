#!/usr/bin/env bash
# readme.sh SETTINGS README  builds the host application that README shows with the commands that it shows, in an empty folder;
# the program has to find the installed library by itself
set -euo pipefail
. "$1"
readme=$2

rm -rf "$scratch/readme"
mkdir -p "$scratch/readme/tools" "$scratch/readme/work"
printf '#!/bin/sh\nexec %s "%s" %s "$@"\n' "$launcher" "$cxx" "$sanitizers" >"$scratch/readme/tools/c++"
chmod +x "$scratch/readme/tools/c++"
awk -f "$(dirname "$0")/page.awk" "$readme" >"$scratch/readme/script"
grep -q '^cat >host.cpp' "$scratch/readme/script"

export PREFIX="$prefix" SAMPLE="$source_folder/samples" PATH="$scratch/readme/tools:$PATH"
unset SPACEFRAME_PLUGIN_PATH LD_LIBRARY_PATH
cd "$scratch/readme/work"
bash "$scratch/readme/script"
ldd host | grep "libspaceframe.* => $prefix/"

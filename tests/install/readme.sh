#!/usr/bin/env bash
# readme.sh SETTINGS PAGE PROGRAM  builds the host application PROGRAM that a page shows with the commands that it shows, in an
# empty folder beside the samples; the program has to find the installed library by itself
set -euo pipefail
. "$1"
page=$2
host=$3

work="$scratch/readme-$host"
rm -rf "$work"
mkdir -p "$work/tools" "$work/work"
printf '#!/bin/sh\nexec %s "%s" %s "$@"\n' "$launcher" "$cxx" "$sanitizers" >"$work/tools/c++"
chmod +x "$work/tools/c++"
awk -f "$(dirname "$0")/page.awk" "$page" >"$work/script"
grep -q "^cat >.*\.cpp" "$work/script"

export PREFIX="$prefix" SAMPLE="$source_folder/samples" PATH="$work/tools:$PATH:$binaries"
export GREETER="ipc://@spaceframe-readme-$$"
unset SPACEFRAME_PLUGIN_PATH LD_LIBRARY_PATH
cd "$work/work"
ln -s "$SAMPLE" samples
bash "$work/script"
ldd "$host" | grep "libspaceframe.* => $prefix/"

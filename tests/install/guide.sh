#!/usr/bin/env bash
# guide.sh SETTINGS GUIDE  does what the guide says, in an empty folder, with an installed copy of its own: writes the files
# that it shows, runs its commands, and sees that what it shows is what the sample has
set -euo pipefail
. "$1"
guide=$2

# A copy in which the guide may install: the files are shared, the folders are not.
rm -rf "$scratch/guide"
mkdir "$scratch/guide"
cp -al "$prefix" "$scratch/guide/copy"

awk -f "$(dirname "$0")/page.awk" "$guide" >"$scratch/guide/script"
grep -q '^cat >by_cause.hpp' "$scratch/guide/script"
grep -q '^spaceframe run' "$scratch/guide/script"

export PREFIX="$scratch/guide/copy" SPACEFRAME="$source_folder"
export SAMPLE="$SPACEFRAME/samples/plugins/reconnect-by-cause"
export PATH="$PREFIX/bin:$PATH"
# Where nobody listens, whatever else runs on this machine.
export JOBS="ipc://@spaceframe-guide-$$"
unset SPACEFRAME_PLUGIN_PATH LD_LIBRARY_PATH
cd "$scratch/guide"
bash script

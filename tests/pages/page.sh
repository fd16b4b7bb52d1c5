#!/usr/bin/env bash
# page.sh PAGE SOURCE BUILD SCRATCH  runs the commands of a page in a folder that looks like the tree after a build, and
# compares what they print with what the page says that they do; leaves nothing behind
set -euo pipefail
page=$1 source=$2 build=$3 scratch=$4

rm -rf "$scratch"
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/build"
ln -s "$build" "$scratch/build/release"
ln -s "$source/samples" "$scratch/samples"
awk -f "$source/tests/install/page.awk" "$page" >"$scratch/script"
grep -q '^diff' "$scratch/script"

# Endpoints that no other run has.
for name in GREETER WEATHER PIPELINE_TASKS PIPELINE_RESULTS CHAIN_IN CHAIN_MIDDLE CHAIN_OUT OFFICE HWM RECONNECT
do
    export $name="ipc://@spaceframe-page-$$-$name"
done
export SAMPLE="$source/samples" PATH="$build/bin:$PATH"
unset SPACEFRAME_PLUGIN_PATH
cd "$scratch"
bash script

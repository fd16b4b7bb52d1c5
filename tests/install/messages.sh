#!/usr/bin/env bash
# messages.sh SETTINGS  two processes of the installed copy, joined by the sample plug-ins: a host that sends, and
# `spaceframe run` that gives everything back. The host starts first and has to dial again until the relay is there.
set -euo pipefail
. "$1"
here=$(cd "$(dirname "$0")" && pwd)
export SAMPLES="$scratch/samples/lib/spaceframe/plugins"
FOLDER=$(mktemp -d "${TMPDIR:-/tmp}/spaceframe-install-XXXXXX")
export FOLDER
unset SPACEFRAME_PLUGIN_PATH LD_LIBRARY_PATH

relay=
host=
finish()
{
    local status=$?
    trap - EXIT
    for process in $host $relay; do
        kill -KILL "$process" 2>/dev/null || true
    done
    [ "$status" -eq 0 ] || cat "$FOLDER"/*.log
    rm -rf "$FOLDER"
    exit "$status"
}
trap finish EXIT

mkfifo "$FOLDER/said"
"$scratch/host/host" "$here/host.info" 300 >"$FOLDER/said" 2>"$FOLDER/host.log" &
host=$!
exec 3<"$FOLDER/said"
rm "$FOLDER/said"
read -r -u 3 line
echo "$line"
[[ $line == "dialling again: "* ]]

"$program" run "$here/relay.info" >"$FOLDER/relay.log" 2>&1 &
relay=$!
cat <&3
wait "$host"
host=
kill -TERM "$relay"
wait "$relay"
relay=
grep -E '^(in|out) ' "$FOLDER/relay.log"
[ "$(ls "$FOLDER" | grep -vc '\.log$')" -eq 0 ]

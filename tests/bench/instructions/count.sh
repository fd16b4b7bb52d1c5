#!/usr/bin/env bash
# count.sh PROGRAM SOURCES LIMITS: counts the instructions for each message with callgrind, prints them beside the goals,
# and fails where one is beyond its limit (limits.txt says which, and why).
#
# Two runs of different length, and the difference between them: what starting and ending cost drops out.
# A share is what callgrind attributes to lines of the kernel's sources that match a pattern.
set -euo pipefail
program=$1
sources=$2
limits=$3

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
few=10
many=50
messages=$(((many - few) * 500))

count() # <name> <arguments…>: callgrind's figures of both lengths
{
    local name=$1 batches
    shift
    for batches in $few $many; do
        valgrind --tool=callgrind --compress-strings=no --compress-pos=no --callgrind-out-file="$folder/$name.$batches" \
            "$program" --batches "$batches" "$@" >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
    done
}

sum() # <name> <batches> <kind>: instructions in all lines, or in those of the ledger or of the permits
{
    awk -v kind="$3" -v sources="${sources//[&\\]/\\\\&}/framework/engine/" -f "$(dirname "$0")/sum.awk" "$folder/$1.$2"
}

# Sets `figure` to the instructions for each message.
measure() # <name> <kind>
{
    local more less
    more=$(sum "$1" $many "$2")
    less=$(sum "$1" $few "$2")
    figure=$(awk -v more="$more" -v less="$less" -v messages=$messages 'BEGIN { printf "%.2f", (more - less) / messages }')
    if awk -v figure="$figure" 'BEGIN { exit figure > 0 }'; then
        echo "count.sh: error: nothing was counted for $1 ($2): was it built without line numbers (-g1)?" >&2
        exit 1
    fi
}

failed=no
report() # <name> <measured> <kind>: beside its limit
{
    local limit figure
    measure "$2" "$3"
    limit=$(awk -v name="$1" '$1 == name { print $2 }' "$limits")
    [ -n "$limit" ] || { echo "count.sh: error: $limits has no limit for $1" >&2; exit 1; }
    if awk -v figure="$figure" -v limit="$limit" 'BEGIN { exit !(figure > limit) }'; then
        echo "$1: $figure instructions a message, more than $limit"
        failed=yes
    else
        echo "$1: $figure instructions a message (at most $limit)"
    fi
}

for call in batch cork; do
    for policy in noop semaphore; do
        count "$call-$policy" --call "$call" --backpressure "$policy"
        report "$call-$policy" "$call-$policy" all
    done
    report "$call-ledger" "$call-noop" ledger
    report "$call-noop-permits" "$call-noop" permits
done
[ "$failed" = no ]

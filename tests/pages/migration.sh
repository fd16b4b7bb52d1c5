#!/usr/bin/env bash
# migration.sh SOURCE COMPILER  sees that docs/migration.md names each call and option of libzmq, and no key or function of
# ours that there is not
set -euo pipefail
source=$1 compiler=$2
page=$source/docs/migration.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Everything of zmq.h but for its drafts and its deprecated options.
header=$(echo '#include <zmq.h>' | "$compiler" -E -x c - | sed -n 's/^# [0-9]* "\(.*\/zmq\.h\)".*/\1/p' | head -1)
sed '/ZMQ_BUILD_DRAFT_API/,$d' "$header" >"$work/zmq.h"
grep -o '\bzmq_[a-z0-9_]* *(' "$work/zmq.h" | tr -d ' (' | sort -u >"$work/theirs"
sed -n '/Socket options\./,/Message options/p' "$work/zmq.h" | awk '$1 == "#define" { print $2 }' | sort -u >>"$work/theirs"
[ "$(wc -l <"$work/theirs")" -gt 120 ]

failed=0
complain() { echo "docs/migration.md $*"; failed=1; }

while read -r name; do
    grep -q "\`$name\`" "$page" || complain "leaves out $name"
done <"$work/theirs"
for name in $(grep -o '`\(zmq\|ZMQ\)_[A-Za-z0-9_]*`' "$page" | tr -d '`' | sort -u); do
    grep -qw "$name" "$header" || complain "names $name, which zmq.h does not have"
done

# Ours: what looks like a key in the table of options, and what looks like a function anywhere.
grep -o '^| `[a-z_0-9]*` |' "$source/docs/manifest.md" | tr -d '|` ' | sort -u >"$work/keys"
for key in $(sed -n '/^<!-- options -->/,/^<!-- end -->/p' "$page" | awk -F'|' '{ print $3 }' | grep -o '`[a-z_0-9]*`' | tr -d '`'); do
    grep -qx "$key" "$work/keys" || complain "names the key $key, which docs/manifest.md does not have"
done
cat "$source"/framework/include/spaceframe/*.hpp >"$work/headers"
for name in $(grep -o '`[A-Za-z_:]*()`' "$page" | tr -d '`()' | sort -u); do
    [ "$name" = message ] && continue # error_code's
    grep -q "\b${name##*::}(\|> ${name##*::};" "$work/headers" || complain "names $name(), which no header has"
    case $name in
        *::*) grep -q "^\(class\|struct\) \(SPACEFRAME_API \)\?${name%%::*}$" "$work/headers" || complain "names ${name%%::*}" ;;
    esac
done
exit "$failed"

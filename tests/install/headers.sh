#!/usr/bin/env bash
# headers.sh SETTINGS  compiles each installed header by itself: those of C++ as C++20, the contract as C11 and C++17 too
set -euo pipefail
. "$1"
cd "$include_folder"

warnings=(-Wall -Wextra -Wpedantic -Werror -fsyntax-only)
headers=$(find spaceframe -name '*.hpp')
[ -n "$headers" ] || { echo "no header was installed"; exit 1; }
printf '%s\n' "$headers" | xargs -P 2 -I '{}' \
    "$cxx" -std=c++20 "${warnings[@]}" -I . -include '{}' -x c++ /dev/null
contract=(spaceframe/plugin/abi.h spaceframe/plugin/abi/*.h)
"$cc" -std=c11 "${warnings[@]}" -I . -x c "${contract[@]}"
"$cxx" -std=c++17 "${warnings[@]}" -I . -x c++ "${contract[@]}"

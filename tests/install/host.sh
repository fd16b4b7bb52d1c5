#!/usr/bin/env bash
# host.sh SETTINGS  builds the host with what pkg-config says of the installed copy
set -euo pipefail
. "$1"
export PKG_CONFIG_PATH="$library_folder/pkgconfig"

[ "$(pkg-config --variable=plugindir spaceframe-sdk)" -ef "$library_folder/spaceframe/plugins" ] ||
    [ ! -e "$library_folder/spaceframe/plugins" ] # built into the kernel
pkg-config --exact-version="$(pkg-config --modversion spaceframe)" spaceframe-sdk
read -ra compile_flags <<<"$(pkg-config --cflags spaceframe)"
read -ra link_flags <<<"$(pkg-config --libs spaceframe)"
read -ra sanitizer_flags <<<"$sanitizers"
mkdir -p "$scratch/host"
$launcher "$cxx" -std=c++20 -Wall -Wextra -Werror "${sanitizer_flags[@]}" -c -o "$scratch/host/main.o" \
    "$(dirname "$0")/host/main.cpp" "${compile_flags[@]}"
"$cxx" "${sanitizer_flags[@]}" -o "$scratch/host/host" "$scratch/host/main.o" "${link_flags[@]}" \
    -Wl,-rpath,"$library_folder"

# Makes a script of a page of the documentation: it writes each file that follows `<!-- file: NAME -->`, runs each block of
# commands (```sh), and sees that each block after `<!-- part of: NAME -->` is in that file of $SAMPLE, and that each after
# `<!-- prints -->` is what the commands before it printed. Other blocks are only shown. What still runs at the end is ended.
BEGIN {
    print "set -euxo pipefail\nprinted=$PWD/printed"
    print "trap \047cat \"$printed\" >&2 || :; kill $(jobs -p) 2>/dev/null || :; wait\047 EXIT"
}
/^<!-- file: / { kind = "file"; name = $3; next }
/^<!-- part of: / { kind = "part"; name = $4; next }
/^<!-- prints -->/ { kind = "prints"; next }
/^```/ && !open {
    open = 1
    if (kind == "file") print "cat >" name " <<\047END_OF_FILE\047"
    else if (kind == "part") print "part=$(cat <<\047END_OF_FILE\047"
    else if (kind == "prints") print "diff - \"$printed\" <<\047END_OF_FILE\047"
    else kind = $0 == "```sh" ? "run" : "shown"
    if (kind == "run") print "{"
    next
}
/^```/ {
    open = 0
    if (kind == "run") print "} >\"$printed\""
    else if (kind != "shown") print "END_OF_FILE"
    if (kind == "part") print ")\n[[ $(<\"$SAMPLE/" name "\") == *\"$part\"* ]]"
    if (kind == "file") print "[ ! -e \"$SAMPLE/" name "\" ] || cmp " name " \"$SAMPLE/" name "\""
    kind = ""
    next
}
open && kind != "shown"

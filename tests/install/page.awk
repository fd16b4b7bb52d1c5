# Makes a script of a page of the documentation: it writes each file that follows `<!-- file: NAME -->`, runs each block of
# commands (```sh), and sees that each block after `<!-- part of: NAME -->` is in that file of $SAMPLE. Other blocks are only shown.
BEGIN { print "set -euxo pipefail" }
/^<!-- file: / { kind = "file"; name = $3; next }
/^<!-- part of: / { kind = "part"; name = $4; next }
/^```/ && !open {
    open = 1
    if (kind == "file") print "cat >" name " <<\047END_OF_FILE\047"
    else if (kind == "part") print "part=$(cat <<\047END_OF_FILE\047"
    else kind = $0 == "```sh" ? "run" : "shown"
    next
}
/^```/ {
    open = 0
    if (kind != "shown" && kind != "run") print "END_OF_FILE"
    if (kind == "part") print ")\n[[ $(<\"$SAMPLE/" name "\") == *\"$part\"* ]]"
    if (kind == "file") print "[ ! -e \"$SAMPLE/" name "\" ] || cmp " name " \"$SAMPLE/" name "\""
    kind = ""
    next
}
open && kind != "shown"

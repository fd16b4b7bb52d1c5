# Sums callgrind's instructions: all, or those in lines of the kernel's `sources` that keep the ledger, or that ask
# whether permits are needed.

# Lines of a source that are of the kind: those that match, and the whole of the function that adds up payloads.
function read_source(file,    line, number, inside, status)
{
    known[file] = 1
    while ((status = (getline line < file)) > 0)
    {
        ++number
        if (kind == "ledger")
        {
            inside = inside ? line !~ /^}/ : line ~ /^inline std::uint64_t payload\(|^std::uint64_t payload\(/
            wanted[file, number] = inside || line ~ /counters\.|payload\(|inbox_\.delivered/
        }
        else
        {
            wanted[file, number] = line ~ /counts_charges_|permits_|charge/
        }
    }
    if (status < 0)
    {
        print "sum.awk: error: cannot read " file > "/dev/stderr"
        exit 1
    }
    close(file)
}

/^(fl|fi|fe)=/ { file = substr($0, 4); next }
/^calls=/ { skip = 1; next }
/^[0-9]+ [0-9]+$/ {
    if (skip) { skip = 0; next }
    if (kind == "all") { total += $2; next }
    if (!sub(/^.*\/framework\/engine\//, sources, file)) { next }
    if (!(file in known)) { read_source(file) }
    if (wanted[file, $1]) { total += $2 }
}
END { printf "%.0f\n", total }

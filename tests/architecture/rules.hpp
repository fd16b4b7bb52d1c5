// The arrows between the layers of the house, as data, and the check that sources follow them.
#pragma once

#include "source_tree.hpp"

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

namespace architecture
{

struct Violation
{
    std::string file;
    std::size_t line; // from 1
    std::string found;
    std::string rule;
};

std::ostream& operator<<(std::ostream& stream, const Violation& violation);

// Every #include of `tree` that goes against an arrow, in the order of files and lines.
std::vector<Violation> check_includes(const SourceTree& tree);

// Every line of the kernel that speaks of one protocol or of one plug-in, comments included.
std::vector<Violation> check_words(const SourceTree& tree);

} // namespace architecture

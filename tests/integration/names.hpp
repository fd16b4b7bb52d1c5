#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace spaceframe::testing
{

// Says what the system's resolver answers about one host name. One at a time.
class Names
{
public:
    // The name in question; others are the system's.
    static const std::string node;

    // Each lookup has the next of these lists of numeric addresses as its answer, and later ones the last; an
    // empty list is an unknown name.
    explicit Names(std::vector<std::vector<std::string>> answers);
    Names(const Names&) = delete;
    Names& operator=(const Names&) = delete;
    ~Names();

    // Lookups so far.
    std::size_t asked() const;
};

} // namespace spaceframe::testing

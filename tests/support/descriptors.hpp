#pragma once

#include <cstddef>
#include <filesystem>
#include <iterator>

namespace spaceframe::testing
{

// Of this process, whoever opened them.
inline std::size_t open_descriptors()
{
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                                                  std::filesystem::directory_iterator()));
}

} // namespace spaceframe::testing

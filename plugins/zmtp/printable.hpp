#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace spaceframe::zmtp
{

// At most `size_max` bytes of what a peer sent, for people to read: bytes that do not print become '?'.
inline std::string printable(std::string_view bytes, std::size_t size_max)
{
    std::string text(bytes.substr(0, size_max));
    for (char& letter : text)
    {
        letter = letter >= ' ' && letter < '\x7F' ? letter : '?';
    }
    return text;
}

} // namespace spaceframe::zmtp

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace spaceframe::zmtp
{

// Copies up to 255 bytes with two overlapping moves of a fixed size, which is several times faster than a
// call of memcpy. `from` may be null when `size` is 0.
inline void copy_short(std::uint8_t* to, const std::uint8_t* from, std::size_t size) noexcept
{
    const auto ends = [=]<std::size_t Part>() noexcept
    {
        struct Block
        {
            std::uint8_t bytes[Part];
        };
        Block first;
        Block last;
        std::memcpy(&first, from, Part);
        std::memcpy(&last, from + size - Part, Part);
        std::memcpy(to, &first, Part);
        std::memcpy(to + size - Part, &last, Part);
    };
    if (size > 128)
    {
        std::memcpy(to, from, 128);
        std::memcpy(to + size - 128, from + size - 128, 128);
    }
    else if (size >= 64)
    {
        ends.template operator()<64>();
    }
    else if (size >= 32)
    {
        ends.template operator()<32>();
    }
    else if (size >= 16)
    {
        ends.template operator()<16>();
    }
    else if (size >= 8)
    {
        ends.template operator()<8>();
    }
    else if (size >= 4)
    {
        ends.template operator()<4>();
    }
    else if (size != 0)
    {
        to[0] = from[0];
        to[size / 2] = from[size / 2];
        to[size - 1] = from[size - 1];
    }
}

} // namespace spaceframe::zmtp

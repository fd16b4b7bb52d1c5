#pragma once

#include <spaceframe/plugin/abi.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace spaceframe::zmtp
{

inline std::size_t space(const sf_output& output) noexcept
{
    return output.capacity - output.length;
}

// Append behind what is in use. The caller has made sure of the space.
inline void append(sf_output& output, const void* data, std::size_t size) noexcept
{
    if (size != 0)
    {
        std::memcpy(output.data + output.length, data, size);
        output.length += size;
    }
}

inline void append(sf_output& output, std::string_view bytes) noexcept
{
    append(output, bytes.data(), bytes.size());
}

inline void append(sf_output& output, std::uint8_t byte) noexcept
{
    append(output, &byte, 1);
}

} // namespace spaceframe::zmtp

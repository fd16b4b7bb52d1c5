#pragma once

#include <spaceframe/plugin/plugin.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

// A record on the wire; see Session.
namespace spaceframe::length_prefix
{

inline constexpr std::uint32_t more_bit = 0x80000000U;
inline constexpr std::uint32_t control_bit = 0x40000000U;
inline constexpr std::uint32_t length_mask = 0x3FFFFFFFU;
inline constexpr std::size_t header_size = 4;
inline constexpr std::size_t control_cap = 512;

inline std::uint32_t read_word(const std::uint8_t* from) noexcept
{
    return std::uint32_t{from[0]} << 24U | std::uint32_t{from[1]} << 16U | std::uint32_t{from[2]} << 8U |
           from[3];
}

inline void write_word(std::uint8_t* to, std::size_t word) noexcept
{
    for (unsigned i = 0; i < header_size; ++i)
    {
        to[i] = static_cast<std::uint8_t>(word >> (24U - 8U * i));
    }
}

inline std::string_view text_of(const void* data, std::size_t size) noexcept
{
    return {static_cast<const char*>(data), size};
}

// SF_WOULD_BLOCK when there is no room; `output.length` is then the capacity that is needed.
inline plugin::Status append_control(sf_output& output,
                                     std::initializer_list<std::string_view> parts) noexcept
{
    std::size_t size = 0;
    for (const std::string_view part : parts)
    {
        size += part.size();
    }
    if (size > length_mask)
    {
        return SF_TOO_LARGE;
    }
    if (output.capacity - output.length < header_size + size)
    {
        output.length += header_size + size;
        return SF_WOULD_BLOCK;
    }
    write_word(output.data + output.length, control_bit | size);
    output.length += header_size;
    for (const std::string_view part : parts)
    {
        output.length += part.copy(reinterpret_cast<char*>(output.data + output.length), part.size());
    }
    return SF_OK;
}

} // namespace spaceframe::length_prefix

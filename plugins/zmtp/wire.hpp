#pragma once

#include <spaceframe/plugin/abi.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

// The frame header (RFC 37, "Framing"): a byte of flags, then the body's size as one byte or, in long frames,
// as eight bytes in network order. ZMTP 2.0 has the same without commands (RFC 15).
namespace spaceframe::zmtp
{

inline constexpr std::uint8_t flag_more = 0x01;
inline constexpr std::uint8_t flag_long = 0x02;
inline constexpr std::uint8_t flag_command = 0x04;
inline constexpr std::uint8_t flag_reserved = 0xF8;

inline constexpr std::size_t short_header = 2;
inline constexpr std::size_t long_header = 9;
inline constexpr std::size_t short_body_max = 255;

// Frames of 2^63 bytes and more cannot be said in ZMTP.
inline constexpr std::uint64_t body_max = 0x7FFF'FFFF'FFFF'FFFF;

template <class Number>
inline Number load_big_endian(const std::uint8_t* from) noexcept
{
    Number value = 0;
    for (std::size_t i = 0; i != sizeof(Number); ++i)
    {
        value = static_cast<Number>(value << 8U) | from[i];
    }
    return value;
}

template <>
inline std::uint64_t load_big_endian(const std::uint8_t* from) noexcept
{
    std::uint64_t value = 0;
    std::memcpy(&value, from, sizeof value);
    return std::endian::native == std::endian::big ? value : __builtin_bswap64(value);
}

inline void store_big_endian(std::uint8_t* to, std::uint64_t value) noexcept
{
    value = std::endian::native == std::endian::big ? value : __builtin_bswap64(value);
    std::memcpy(to, &value, sizeof value);
}

constexpr std::size_t header_size(std::size_t body) noexcept
{
    return body <= short_body_max ? short_header : long_header;
}

// Writes the header of a frame with a body of `body` bytes; `flags` without flag_long. Returns its length,
// which is header_size(body).
inline std::size_t write_header(std::uint8_t* to, std::uint8_t flags, std::size_t body) noexcept
{
    if (body <= short_body_max)
    {
        to[0] = flags;
        to[1] = static_cast<std::uint8_t>(body);
        return short_header;
    }
    to[0] = flags | flag_long;
    store_big_endian(to + 1, body);
    return long_header;
}

// What is known of a frame from its first bytes.
struct FrameHeader
{
    enum class State
    {
        partial,  // more bytes are needed: `length` in all
        complete, // `length` is the header's own, `size` the body's
        reserved, // a reserved flag is set
        oversized // the size is 2^63 or more
    };

    State state;
    std::uint8_t flags;
    std::size_t length;
    std::uint64_t size;
};

// Reads the header at `from`, of which `available` bytes are there. Flags are judged as soon as they are
// seen.
inline FrameHeader read_header(const std::uint8_t* from, std::size_t available) noexcept
{
    using State = FrameHeader::State;
    if (available == 0)
    {
        return {State::partial, 0, 0, 0};
    }
    const std::uint8_t flags = from[0];
    if ((flags & flag_reserved) != 0)
    {
        return {State::reserved, flags, 0, 0};
    }
    const std::size_t length = (flags & flag_long) != 0 ? long_header : short_header;
    if (available < length)
    {
        return {State::partial, flags, length, 0};
    }
    const std::uint64_t size = (flags & flag_long) != 0 ? load_big_endian<std::uint64_t>(from + 1) : from[1];
    return {size > body_max ? State::oversized : State::complete, flags, length, size};
}

} // namespace spaceframe::zmtp

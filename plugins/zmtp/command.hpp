#pragma once

#include <spaceframe/plugin/abi.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spaceframe::zmtp
{

// A command is a frame whose body is a byte with the length of a name, the name, and data (RFC 37,
// "Commands").
struct Command
{
    std::string_view name;
    std::string_view data;
};

// Reads the body of a command frame; nothing when the name is empty or ends beyond the body.
std::optional<Command> parse_command(std::string_view body) noexcept;

// The whole frame of a command.
std::string make_command(std::string_view name, std::string_view data);

// Appends an ERROR command with as much of `reason` as a short frame holds; characters that do not print
// become '?'. Needs max_error_frame bytes of space.
inline constexpr std::size_t max_error_frame = 257;
void write_error(sf_output& output, std::string_view reason) noexcept;

// The reason in the data of an ERROR command; nothing when it ends beyond the data.
std::optional<std::string_view> parse_error(std::string_view data) noexcept;

// What a PING says.
struct Ping
{
    std::uint16_t
        ttl; // tenths of a second that the peer wants us to wait for its next sign of life; 0: no limit
    std::string_view context; // to be echoed; at most 16 bytes
};

inline constexpr std::size_t ping_context_max = 16;

// The data of a PING command; nothing when its length is wrong.
std::optional<Ping> parse_ping(std::string_view data) noexcept;

// Append a frame; at most max_pong_frame bytes.
inline constexpr std::size_t max_pong_frame = 23;
void write_ping(sf_output& output, std::uint16_t ttl) noexcept;
void write_pong(sf_output& output, std::string_view context) noexcept;

} // namespace spaceframe::zmtp

#include "command.hpp"

#include "output.hpp"
#include "wire.hpp"

#include <algorithm>

namespace spaceframe::zmtp
{

namespace
{

// Appends a command frame up to its data, of which `data_size` bytes follow; short frames only.
void open_command(sf_output& output, std::string_view name, std::size_t data_size) noexcept
{
    append(output, flag_command);
    append(output, static_cast<std::uint8_t>(1 + name.size() + data_size));
    append(output, static_cast<std::uint8_t>(name.size()));
    append(output, name);
}

} // namespace

std::optional<Command> parse_command(std::string_view body) noexcept
{
    if (body.empty())
    {
        return std::nullopt;
    }
    const std::size_t name_size = static_cast<std::uint8_t>(body[0]);
    if (name_size == 0 || name_size > body.size() - 1)
    {
        return std::nullopt;
    }
    return Command{body.substr(1, name_size), body.substr(1 + name_size)};
}

std::string make_command(std::string_view name, std::string_view data)
{
    const std::size_t body = 1 + name.size() + data.size();
    std::uint8_t header[long_header];
    const std::size_t length = write_header(header, flag_command, body);

    std::string frame(reinterpret_cast<const char*>(header), length);
    frame.reserve(length + body);
    frame += static_cast<char>(name.size());
    frame += name;
    frame += data;
    return frame;
}

void write_error(sf_output& output, std::string_view reason) noexcept
{
    constexpr std::string_view name = "ERROR";
    constexpr std::size_t reason_max = short_body_max - 2 - name.size();
    reason = reason.substr(0, reason_max);
    open_command(output, name, 1 + reason.size());
    append(output, static_cast<std::uint8_t>(reason.size()));
    for (const char letter : reason)
    {
        append(output, static_cast<std::uint8_t>(letter >= ' ' && letter < '\x7F' ? letter : '?'));
    }
}

std::optional<std::string_view> parse_error(std::string_view data) noexcept
{
    if (data.empty())
    {
        return std::nullopt;
    }
    const std::size_t size = static_cast<std::uint8_t>(data[0]);
    if (size > data.size() - 1)
    {
        return std::nullopt;
    }
    return data.substr(1, size);
}

std::optional<Ping> parse_ping(std::string_view data) noexcept
{
    if (data.size() < 2 || data.size() > 2 + ping_context_max)
    {
        return std::nullopt;
    }
    return Ping{load_big_endian<std::uint16_t>(reinterpret_cast<const std::uint8_t*>(data.data())),
                data.substr(2)};
}

void write_ping(sf_output& output, std::uint16_t ttl) noexcept
{
    open_command(output, "PING", 2);
    append(output, static_cast<std::uint8_t>(ttl >> 8U));
    append(output, static_cast<std::uint8_t>(ttl & 0xFFU));
}

void write_pong(sf_output& output, std::string_view context) noexcept
{
    open_command(output, "PONG", context.size());
    append(output, context);
}

} // namespace spaceframe::zmtp

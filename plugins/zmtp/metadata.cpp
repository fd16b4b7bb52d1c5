#include "metadata.hpp"

#include "command.hpp"
#include "wire.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

namespace spaceframe::zmtp
{

namespace
{

constexpr std::string_view socket_type_name = "Socket-Type";
constexpr std::string_view identity_name = "Identity";
constexpr std::size_t socket_type_max = 64;

char lower(char letter) noexcept
{
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool same_name(std::string_view left, std::string_view right) noexcept
{
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](char a, char b)
                      {
                          return lower(a) == lower(b);
                      });
}

// Takes a property off the front of `rest`; nothing when it is malformed.
std::optional<std::pair<std::string_view, std::string_view>> next_property(std::string_view& rest) noexcept
{
    const auto take = [&rest](std::size_t size)
    {
        const std::string_view part = rest.substr(0, size);
        rest.remove_prefix(size);
        return part;
    };

    const std::size_t name_size = static_cast<std::uint8_t>(take(1)[0]);
    if (name_size == 0 || rest.size() < name_size + 4)
    {
        return std::nullopt;
    }
    const std::string_view name = take(name_size);
    const auto value_size =
        load_big_endian<std::uint32_t>(reinterpret_cast<const std::uint8_t*>(take(4).data()));
    if (rest.size() < value_size)
    {
        return std::nullopt;
    }
    return std::pair{name, take(value_size)};
}

bool is_word(std::string_view text) noexcept
{
    return !text.empty() && text.size() <= socket_type_max &&
           std::all_of(text.begin(), text.end(),
                       [](char letter)
                       {
                           return letter > ' ' && letter < '\x7F';
                       });
}

bool announces_identity(std::string_view socket_type) noexcept
{
    return socket_type == "REQ" || socket_type == "DEALER" || socket_type == "ROUTER";
}

void append_property(std::string& body, std::string_view name, std::string_view value)
{
    const auto size = static_cast<std::uint32_t>(value.size());
    body += static_cast<char>(name.size());
    body += name;
    for (const unsigned shift : {24U, 16U, 8U, 0U})
    {
        body += static_cast<char>(size >> shift & 0xFFU);
    }
    body += value;
}

} // namespace

Failure parse_metadata(std::string_view properties, Metadata& out)
{
    std::optional<std::string_view> socket_type;
    std::optional<std::string_view> identity;
    while (!properties.empty())
    {
        const auto property = next_property(properties);
        if (!property)
        {
            return protocol_error("the metadata of the peer's READY command is malformed");
        }
        const auto& [name, value] = *property;
        const bool is_type = same_name(name, socket_type_name);
        if (!is_type && !same_name(name, identity_name))
        {
            continue;
        }
        auto& known = is_type ? socket_type : identity;
        if (known)
        {
            return protocol_error("the peer's READY command has " +
                                  std::string(is_type ? socket_type_name : identity_name) + " twice");
        }
        known = value;
    }

    if (socket_type && !is_word(*socket_type))
    {
        return protocol_error("the Socket-Type in the peer's READY command is no word of 1 to 64 letters");
    }
    out.socket_type = socket_type.value_or(std::string_view{});
    return take_identity(identity.value_or(std::string_view{}), out);
}

Failure take_identity(std::string_view identity, Metadata& out)
{
    out.identity.clear();
    if (!announces_identity(out.socket_type))
    {
        return {};
    }
    if (identity.size() > identity_max)
    {
        return protocol_error("the peer's identity has " + std::to_string(identity.size()) +
                              " bytes; at most 255 are allowed");
    }
    if (!identity.empty() && identity.front() == '\0')
    {
        return protocol_error("the peer's identity starts with a zero byte, which is reserved for identities "
                              "that we make");
    }
    out.identity = identity;
    return {};
}

std::string make_ready(const sf_session_config& config)
{
    std::string properties;
    append_property(properties, socket_type_name, config.socket_type);
    if (config.send_identity != 0)
    {
        append_property(properties, identity_name,
                        {reinterpret_cast<const char*>(config.identity.data), config.identity.size});
    }
    return make_command("READY", properties);
}

} // namespace spaceframe::zmtp

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Builds what a peer sends, by hand: nothing here uses the code under test.
namespace zmtp_test
{

inline std::string bytes(std::initializer_list<int> values)
{
    std::string text;
    for (const int value : values)
    {
        text += static_cast<char>(value);
    }
    return text;
}

inline std::string big_endian(std::uint64_t value, unsigned size)
{
    std::string text;
    for (unsigned i = size; i-- > 0;)
    {
        text += static_cast<char>(value >> (8U * i) & 0xFFU);
    }
    return text;
}

inline std::string greeting(int major, int minor, std::string mechanism = "NULL")
{
    mechanism.resize(20, '\0');
    return bytes({0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0x7F, major, minor}) + mechanism + std::string(32, '\0');
}

// What a peer of ZMTP 2.0 sends before its traffic (RFC 15); `type` is the number of its pattern.
inline std::string greeting_2(int type, std::string_view identity = "", int revision = 1)
{
    return bytes({0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0x7F, revision, type, 0, static_cast<int>(identity.size())}) +
           std::string(identity);
}

// A frame as short as it can be; `flags` without the one for long frames.
inline std::string frame(std::string_view body, int flags = 0)
{
    const std::string header = body.size() <= 255 ? bytes({flags, static_cast<int>(body.size())})
                                                  : bytes({flags | 2}) + big_endian(body.size(), 8);
    return header + std::string(body);
}

inline std::string command(std::string_view name, std::string_view data = "")
{
    return frame(bytes({static_cast<int>(name.size())}) + std::string(name) + std::string(data), 4);
}

inline std::string property(std::string_view name, std::string_view value)
{
    return bytes({static_cast<int>(name.size())}) + std::string(name) + big_endian(value.size(), 4) +
           std::string(value);
}

inline std::string ready(std::string_view socket_type)
{
    return command("READY", property("Socket-Type", socket_type));
}

inline std::string ready(std::string_view socket_type, std::string_view identity)
{
    return command("READY", property("Socket-Type", socket_type) + property("Identity", identity));
}

} // namespace zmtp_test

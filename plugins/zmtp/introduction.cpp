#include "introduction.hpp"

#include <array>
#include <string_view>

namespace spaceframe::zmtp
{

namespace
{

// In the order of their numbers. The last two are libzmq's.
constexpr std::array<std::string_view, 11> socket_types = {"PAIR",   "PUB",  "SUB",  "REQ",  "REP", "DEALER",
                                                           "ROUTER", "PULL", "PUSH", "XPUB", "XSUB"};
constexpr std::size_t pub = 1;
constexpr std::size_t sub = 2;
constexpr std::size_t xpub = 9;

} // namespace

std::string make_introduction(const sf_session_config& config)
{
    const std::string_view type = config.socket_type;
    for (std::size_t number = 0; number != socket_types.size(); ++number)
    {
        if (socket_types[number] != type)
        {
            continue;
        }
        const std::size_t said = number < xpub ? number : number == xpub ? pub : sub;
        const std::size_t size = config.send_identity != 0 ? config.identity.size : 0;
        std::string bytes{static_cast<char>(said), '\0', static_cast<char>(size)};
        if (size != 0)
        {
            bytes.append(reinterpret_cast<const char*>(config.identity.data), size);
        }
        return bytes;
    }
    return {};
}

IntroductionStep read_introduction(const std::uint8_t* data, std::size_t size, Metadata& out)
{
    constexpr std::size_t fixed = 3;
    IntroductionStep step;
    if (size >= 1 && data[0] >= socket_types.size())
    {
        step.failure = protocol_error("the peer's ZMTP 2.0 greeting names socket type " +
                                      std::to_string(data[0]) + "; 0 to 10 are known");
        return step;
    }
    if (size >= 2 && data[1] != 0)
    {
        step.failure = protocol_error("the peer's ZMTP 2.0 identity is in a frame with flags (" +
                                      std::to_string(data[1]) + "); it belongs in a short one without");
        return step;
    }
    const std::size_t whole = size < fixed ? fixed : fixed + data[2];
    if (size < whole)
    {
        step.need = whole;
        return step;
    }
    out.socket_type = socket_types[data[0]];
    step.failure = take_identity({reinterpret_cast<const char*>(data) + fixed, whole - fixed}, out);
    step.consumed = whole;
    return step;
}

} // namespace spaceframe::zmtp

#include "fake_peer.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace spaceframe::testing
{
namespace
{

using Version = FakePeer::Version;

constexpr std::array<std::string_view, 9> patterns_2{"PAIR",   "PUB",    "SUB",  "REQ", "REP",
                                                     "DEALER", "ROUTER", "PULL", "PUSH"};
constexpr unsigned more_flag = 1;
constexpr unsigned command_flag = 4;
constexpr std::size_t signature_size = 10;

void require(bool holds, const char* what)
{
    if (!holds)
    {
        throw std::runtime_error(std::string("what the fake peer heard is wrong: ") + what);
    }
}

std::string name_and(std::string_view name, std::string_view data)
{
    return static_cast<char>(name.size()) + std::string(name) + std::string(data);
}

// Takes `size` bytes off the front.
std::string take(std::string& bytes, std::size_t size)
{
    require(size <= bytes.size(), "a property ends beyond its command");
    std::string part = bytes.substr(0, size);
    bytes.erase(0, size);
    return part;
}

std::size_t number(const std::string& big_endian)
{
    std::size_t value = 0;
    for (const char byte : big_endian)
    {
        value = value << 8U | static_cast<unsigned char>(byte);
    }
    return value;
}

} // namespace

FakePeer::FakePeer(RawPeer peer, Manner manner) : raw_(std::move(peer)), manner_(std::move(manner))
{
    raw_.send_at_once();
}

bool FakePeer::has_identity() const
{
    return manner_.pattern == "REQ" || manner_.pattern == "DEALER" || manner_.pattern == "ROUTER";
}

std::string FakePeer::introduction() const
{
    if (manner_.version != Version::zmtp_2_0)
    {
        return ready(manner_.pattern, manner_.identity);
    }
    const auto* const found = std::find(patterns_2.begin(), patterns_2.end(), manner_.pattern);
    return static_cast<char>(found - patterns_2.begin()) + frame(has_identity() ? manner_.identity : "");
}

void FakePeer::introduce_itself()
{
    const std::string full = greeting(manner_.version == Version::zmtp_3_1 ? 1 : 0);
    say(full.substr(0, signature_size));
    const std::string signature = raw_.read(signature_size);
    require(signature.front() == '\xff' && (static_cast<unsigned char>(signature.back()) & 1U) != 0,
            "no signature");
    if (manner_.version == Version::zmtp_2_0)
    {
        say("\x01");
        require(raw_.read(1) == "\x03", "no ZMTP 3");
        hear_greeting_2();
        say(introduction());
        return;
    }
    say(full.substr(signature_size, 1));
    require(raw_.read(1) == "\x03", "no ZMTP 3");
    say(full.substr(signature_size + 1));
    const std::string rest = raw_.read(full.size() - signature_size - 1);
    require(rest.substr(1) == full.substr(signature_size + 2), "mechanism, as-server or filler");
    say(introduction());
}

void FakePeer::shake_hands()
{
    introduce_itself();
    if (manner_.version != Version::zmtp_2_0)
    {
        hear_ready();
    }
}

void FakePeer::hear_greeting_2()
{
    const auto type = static_cast<unsigned char>(raw_.read(1)[0]);
    require(type < patterns_2.size(), "a socket type that RFC 15 does not know");
    their_pattern_ = patterns_2[type];
    unsigned flags = 0;
    their_identity_ = raw_.read_frame(flags);
    require(flags == 0, "an identity with flags");
}

void FakePeer::hear_ready()
{
    unsigned flags = 0;
    std::string command = raw_.read_frame(flags);
    require(flags == command_flag || flags == (command_flag | 2U), "READY is no command");
    require(take(command, 6) == "\5READY", "another command than READY");
    while (!command.empty())
    {
        const std::string name = take(command, number(take(command, 1)));
        std::string value = take(command, number(take(command, 4)));
        if (name == "Socket-Type")
        {
            their_pattern_ = std::move(value);
        }
        else if (name == "Identity")
        {
            their_identity_ = std::move(value);
        }
    }
}

void FakePeer::send(const Frames& message)
{
    std::string bytes;
    for (std::size_t i = 0; i < message.size(); ++i)
    {
        bytes += frame(message[i], i + 1 < message.size());
    }
    say(bytes);
}

FakePeer::Frames FakePeer::receive()
{
    Frames message;
    for (;;)
    {
        unsigned flags = 0;
        std::string body = raw_.read_frame(flags);
        if ((flags & command_flag) != 0)
        {
            require((flags & more_flag) == 0, "a command with MORE");
            require(message.empty(), "a command between the frames of a message");
            answer(body);
            continue;
        }
        message.push_back(std::move(body));
        if ((flags & more_flag) == 0)
        {
            return message;
        }
    }
}

void FakePeer::answer(const std::string& command)
{
    require(manner_.version == Version::zmtp_3_1, "a command below ZMTP 3.1");
    if (command.starts_with("\4PING"))
    {
        require(command.size() >= 7, "a PING without TTL");
        say(frame(name_and("PONG", command.substr(7)), false, true));
    }
}

void FakePeer::subscribe(std::string_view topic)
{
    say(manner_.version == Version::zmtp_3_1 ? frame(name_and("SUBSCRIBE", topic), false, true)
                                             : frame("\1" + std::string(topic)));
}

void FakePeer::cancel(std::string_view topic)
{
    say(manner_.version == Version::zmtp_3_1 ? frame(name_and("CANCEL", topic), false, true)
                                             : frame('\0' + std::string(topic)));
}

FakePeer::Wish FakePeer::hear_wish()
{
    unsigned flags = 0;
    std::string body = raw_.read_frame(flags);
    require((flags & more_flag) == 0, "a subscription with MORE");
    if (manner_.version == Version::zmtp_3_1)
    {
        require((flags & command_flag) != 0, "a subscription that is no command");
        const bool subscribe = body.starts_with("\x09SUBSCRIBE");
        require(subscribe || body.starts_with("\6CANCEL"), "another command than SUBSCRIBE and CANCEL");
        return {subscribe, body.substr(subscribe ? 10 : 7)};
    }
    require((flags & command_flag) == 0, "a command below ZMTP 3.1");
    const std::string mark = take(body, 1);
    require(mark == "\1" || mark == std::string(1, '\0'), "a message that is no subscription");
    return {mark == "\1", body};
}

std::string FakePeer::ping(std::string_view context)
{
    say(frame(name_and("PING", std::string(2, '\0') + std::string(context)), false, true));
    unsigned flags = 0;
    std::string pong = raw_.read_frame(flags);
    require(flags == command_flag && take(pong, 5) == "\4PONG", "no PONG");
    return pong;
}

void FakePeer::say(std::string_view bytes)
{
    for (std::size_t at = 0; at < bytes.size(); at += manner_.piece)
    {
        raw_.send(bytes.substr(at, manner_.piece));
    }
}

} // namespace spaceframe::testing

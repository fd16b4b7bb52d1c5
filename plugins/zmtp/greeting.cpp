#include "greeting.hpp"

#include "output.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace spaceframe::zmtp
{

namespace
{

constexpr std::size_t signature_size = 10;
constexpr std::size_t major_position = 10;
constexpr std::size_t minor_position = 11;
constexpr std::size_t mechanism_position = 12;
constexpr std::size_t mechanism_size = 20;

constexpr std::uint8_t our_major = 3;
constexpr std::uint8_t our_minor = 1;

constexpr std::array<std::uint8_t, greeting_size> our_greeting = {
    0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0x7F, our_major, our_minor, 'N', 'U', 'L', 'L'};

std::string hexadecimal(std::uint8_t byte)
{
    constexpr char digits[] = "0123456789abcdef";
    return {'0', 'x', digits[byte >> 4U], digits[byte & 15U]};
}

std::string printable(const std::uint8_t* bytes, std::size_t size)
{
    std::string text;
    for (std::size_t i = 0; i != size && bytes[i] != 0; ++i)
    {
        text += bytes[i] > 0x20 && bytes[i] < 0x7F ? static_cast<char>(bytes[i]) : '?';
    }
    return text;
}

} // namespace

void write_greeting_opening(sf_output& output) noexcept
{
    append(output, our_greeting.data(), greeting_opening_size);
}

void write_greeting_rest(sf_output& output) noexcept
{
    append(output, our_greeting.data() + greeting_opening_size, greeting_size - greeting_opening_size);
}

std::size_t Greeting::take(const std::uint8_t* data, std::size_t size) noexcept
{
    std::size_t taken = 0;
    // The boundaries at which the generation may turn out to be an older one.
    for (const std::size_t stage : {std::size_t{1}, signature_size, signature_size + 1, greeting_size})
    {
        const Generation known = generation();
        if (known == Generation::zmtp_1 || known == Generation::zmtp_2)
        {
            break;
        }
        const std::size_t wanted = length_ < stage ? stage - length_ : 0;
        const std::size_t part = std::min(wanted, size - taken);
        if (part != 0)
        {
            std::memcpy(bytes_.data() + length_, data + taken, part);
        }
        length_ += part;
        taken += part;
    }
    return taken;
}

Generation Greeting::generation() const noexcept
{
    if (length_ >= 1 && bytes_[0] != our_greeting[0])
    {
        return Generation::zmtp_1;
    }
    if (length_ >= signature_size && (bytes_[signature_size - 1] & 1U) == 0)
    {
        return Generation::zmtp_1;
    }
    if (length_ <= major_position)
    {
        return Generation::unknown;
    }
    return bytes_[major_position] < our_major ? Generation::zmtp_2 : Generation::zmtp_3;
}

unsigned Greeting::minor() const noexcept
{
    return bytes_[major_position] > our_major ? our_minor : std::min(bytes_[minor_position], our_minor);
}

Failure Greeting::check() const
{
    switch (generation())
    {
    case Generation::unknown:
        return {};
    case Generation::zmtp_1:
        return protocol_error(
            "the peer's first bytes (" + hexadecimal(bytes_[0]) +
            ") are no ZMTP greeting: it speaks another protocol, or ZMTP 1.0, which is not served; "
            "at least 3.0 is needed");
    case Generation::zmtp_2:
        return protocol_error("the peer speaks ZMTP 2.0 (revision " + std::to_string(bytes_[major_position]) +
                              " in its greeting), which is not served; at least 3.0 is needed (libzmq 4.0)");
    case Generation::zmtp_3:
        break;
    }
    if (complete() && std::memcmp(bytes_.data() + mechanism_position,
                                  our_greeting.data() + mechanism_position, mechanism_size) != 0)
    {
        return protocol_error("the peer's security mechanism is '" +
                              printable(bytes_.data() + mechanism_position, mechanism_size) +
                              "', ours is 'NULL'; both ends must use the same");
    }
    return {};
}

} // namespace spaceframe::zmtp

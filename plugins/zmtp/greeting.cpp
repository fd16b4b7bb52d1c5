#include "greeting.hpp"

#include "output.hpp"
#include "printable.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

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

// The name of a mechanism, without its padding.
std::string mechanism_name(const std::uint8_t* bytes)
{
    const std::string_view field(reinterpret_cast<const char*>(bytes), mechanism_size);
    return printable(field.substr(0, field.find('\0')), mechanism_size);
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
    if (bytes_[major_position] == 0)
    {
        return Generation::zmtp_1;
    }
    return bytes_[major_position] < our_major ? Generation::zmtp_2 : Generation::zmtp_3;
}

Version Greeting::version() const noexcept
{
    if (bytes_[major_position] < our_major)
    {
        return Version::zmtp_2_0;
    }
    return bytes_[major_position] == our_major && bytes_[minor_position] == 0 ? Version::zmtp_3_0
                                                                              : Version::zmtp_3_1;
}

Failure Greeting::check() const
{
    if (generation() == Generation::zmtp_1)
    {
        if (length_ > major_position)
        {
            return protocol_error(
                "the peer speaks ZMTP 1.0 (revision 0 in its greeting), which is not served; "
                "at least 2.0 is needed (libzmq 3.2)");
        }
        return protocol_error("the peer's first bytes (" + hexadecimal(bytes_[0]) +
                              ") are no ZMTP greeting: it speaks another protocol, or ZMTP 1.0, which is not "
                              "served; at least 2.0 is needed (libzmq 3.2)");
    }
    if (complete() && std::memcmp(bytes_.data() + mechanism_position,
                                  our_greeting.data() + mechanism_position, mechanism_size) != 0)
    {
        return protocol_error("the peer's security mechanism is '" +
                              mechanism_name(bytes_.data() + mechanism_position) +
                              "', ours is 'NULL'; both ends must use the same");
    }
    return {};
}

} // namespace spaceframe::zmtp

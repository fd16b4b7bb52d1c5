#include "content.hpp"

#include <algorithm>
#include <cstring>

namespace spaceframe::testing
{
namespace
{

std::uint64_t scramble(std::uint64_t x) noexcept
{
    x += 0x9E3779B97F4A7C15U;
    x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
    return x ^ (x >> 31U);
}

} // namespace

std::string body(std::uint64_t seed, std::size_t size)
{
    std::string text(size, '\0');
    for (std::size_t at = 0; at < size; at += sizeof(seed))
    {
        seed = scramble(seed);
        std::memcpy(text.data() + at, &seed, std::min(sizeof(seed), size - at));
    }
    return text;
}

Message make_message(std::uint64_t index, const std::vector<std::size_t>& sizes)
{
    Message message;
    for (std::size_t frame = 0; frame < sizes.size(); ++frame)
    {
        message.push_back(std::string_view(body(index * 4096 + frame, sizes[frame])));
    }
    return message;
}

std::string problem_with(const Message& message, std::size_t first, std::uint64_t index,
                         const std::vector<std::size_t>& sizes)
{
    const std::string which = "message " + std::to_string(index);
    if (message.size() != first + sizes.size())
    {
        return which + " has " + std::to_string(message.size()) + " frames instead of " +
               std::to_string(first + sizes.size());
    }
    for (std::size_t frame = 0; frame < sizes.size(); ++frame)
    {
        if (message[first + frame].text() != body(index * 4096 + frame, sizes[frame]))
        {
            return which + ": frame " + std::to_string(frame) + " of " + std::to_string(sizes[frame]) +
                   " bytes is wrong (" + std::to_string(message[first + frame].size()) + " bytes came)";
        }
    }
    return {};
}

} // namespace spaceframe::testing

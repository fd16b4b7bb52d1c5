#include "script.hpp"

#include <spaceframe/plugin/plugin.hpp>

#include <charconv>
#include <cstdint>
#include <string>

namespace spaceframe::scripted_transport
{

Script::Script(std::string_view key, std::string_view text)
{
    for (std::string_view rest = text;;)
    {
        const std::size_t comma = rest.find(',');
        const std::string_view word = rest.substr(0, comma);
        std::size_t step = 0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), step);
        if (error != std::errc() || end != word.data() + word.size())
        {
            throw plugin::Error(SF_INVALID, std::string(key) + ": found '" + std::string(text) +
                                                "', expected numbers separated by commas, such as 1,7,3");
        }
        steps_.push_back(step != 0 ? step : SIZE_MAX);
        if (comma == std::string_view::npos)
        {
            return;
        }
        rest.remove_prefix(comma + 1);
    }
}

std::size_t Script::next() noexcept
{
    const std::size_t step = steps_[at_];
    at_ = (at_ + 1) % steps_.size();
    return step;
}

} // namespace spaceframe::scripted_transport

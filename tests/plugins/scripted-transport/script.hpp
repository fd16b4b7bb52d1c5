#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace spaceframe::scripted_transport
{

// How many bytes each call may move: a list that is gone through again and again.
class Script
{
public:
    // `text`: numbers separated by commas, such as "1,7,3"; 0 is no limit. Throws plugin::Error.
    Script(std::string_view key, std::string_view text);

    // The limit of this call, and on to the next.
    std::size_t next() noexcept;

private:
    std::vector<std::size_t> steps_;
    std::size_t at_ = 0;
};

} // namespace spaceframe::scripted_transport

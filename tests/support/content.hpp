#pragma once

#include <spaceframe/message.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace spaceframe::testing
{

// Bytes that no other place of any other message has in the same order.
std::string body(std::uint64_t seed, std::size_t size);

// Message `index` of an exchange: its frames have these sizes.
Message make_message(std::uint64_t index, const std::vector<std::size_t>& sizes);
// Empty if `message`, from frame `first` on, is that; what is wrong otherwise.
std::string problem_with(const Message& message, std::size_t first, std::uint64_t index,
                         const std::vector<std::size_t>& sizes);

} // namespace spaceframe::testing

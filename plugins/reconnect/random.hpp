#pragma once

#include <cstdint>

namespace spaceframe::reconnect
{

// Where the policies get their chance from: eight bytes of state for each endpoint.
class Random
{
public:
    // `seed`: the same one gives the same numbers; 0 draws one.
    explicit Random(std::uint64_t seed);

    // Even over [0, 1).
    double unit() noexcept;

private:
    std::uint64_t state_;
};

} // namespace spaceframe::reconnect

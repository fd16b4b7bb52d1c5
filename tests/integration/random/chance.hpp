#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>

namespace spaceframe::testing
{

// What a seed leads to.
class Chance
{
public:
    explicit Chance(std::uint64_t seed) : random_(seed)
    {}

    std::size_t below(std::size_t end)
    {
        return random_() % end;
    }

    bool percent(std::size_t percent)
    {
        return below(100) < percent;
    }

    template <class T>
    T any_of(std::initializer_list<T> values)
    {
        return values.begin()[below(values.size())];
    }

    std::uint64_t seed()
    {
        return random_();
    }

private:
    std::mt19937_64 random_;
};

} // namespace spaceframe::testing

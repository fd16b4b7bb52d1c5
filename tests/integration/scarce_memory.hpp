#pragma once

#include <cstddef>
#include <exception>

namespace spaceframe::testing
{

// Which requests for memory by operator new are refused, once some were met.
enum class Refuse
{
    nothing,
    one,
    some, // twenty
    all,
};

// From now on, for the calling thread, in this program and in its shared libraries: so many requests are met,
// then `kind` are refused.
void make_memory_scarce(std::size_t requests, Refuse kind) noexcept;
// As before. Returns how many requests were refused.
std::size_t make_memory_plenty() noexcept;

// Calls `function` with memory for so many requests, and swallows what it throws then. True: it asked for
// more.
template <class Function>
bool with_memory_for(std::size_t requests, Refuse kind, Function function)
{
    make_memory_scarce(requests, kind);
    try
    {
        function();
    }
    catch (const std::exception&)
    {
        return make_memory_plenty() > 0;
    }
    return make_memory_plenty() > 0;
}

} // namespace spaceframe::testing

#pragma once

#if __cplusplus < 202002L
#error "Spaceframe's C++ wrappers need C++20 (-std=c++20); the C contract, abi.h, does not"
#endif

#include <spaceframe/plugin/abi.h>

#include <stdexcept>
#include <string>

namespace spaceframe::plugin
{

// SF_OK or why not.
using Status = sf_status;

// A count >= 0, or a negated status: `return -SF_WOULD_BLOCK;`.
using Result = sf_result;

// A failure with a sentence for humans. Thrown by an author's constructor or member function it becomes the
// status that the kernel sees, and its reason. (So does std::system_error, as SF_SYSTEM with its code,
// std::bad_alloc as SF_NO_MEMORY, and any other exception as SF_FAILED.)
class Error : public std::runtime_error
{
public:
    // `os_error` is an errno, or 0.
    Error(Status status, const std::string& text, int os_error = 0)
        : std::runtime_error(text)
        , status_(status)
        , os_error_(os_error)
    {}

    Status status() const noexcept
    {
        return status_;
    }

    int os_error() const noexcept
    {
        return os_error_;
    }

private:
    Status status_;
    int os_error_;
};

} // namespace spaceframe::plugin

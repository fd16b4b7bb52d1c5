#pragma once

#include <spaceframe/plugin/abi.h>

#include <string>
#include <utility>

namespace spaceframe::zmtp
{

// Why a session ended: a status and a sentence for humans. SF_OK: it did not.
struct Failure
{
    sf_status status = SF_OK;
    std::string text;

    explicit operator bool() const noexcept
    {
        return status != SF_OK;
    }
};

inline Failure protocol_error(std::string text)
{
    return {SF_PROTOCOL, std::move(text)};
}

} // namespace spaceframe::zmtp

#pragma once

#include <spaceframe/plugin/abi.h>

#include <cstdint>

/// A row of an option table, as short as a test wants it.
inline sf_option make_option(std::uint32_t type, const char* default_value, const char* minimum = nullptr,
                             const char* maximum = nullptr, const char* choices = nullptr)
{
    return {"key", type, 0, default_value, minimum, maximum, choices, "Help"};
}

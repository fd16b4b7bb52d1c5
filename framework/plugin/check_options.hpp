#pragma once

#include <spaceframe/plugin/abi.h>

#include <optional>
#include <span>
#include <string>

namespace spaceframe::plugin_host
{

/// Is a role's option table as abi.h wants it: keys well-formed and unique, types known, texts there, ranges
/// and choices well-formed, defaults inside them? Nothing when it is; otherwise what is wrong with which
/// option.
std::optional<std::string> check_options(std::span<const sf_option> options);

/// Is `name` made of lower-case letters, digits and the characters of `also`, and not empty? May be nullptr.
bool is_name(const char* name, const char* also);

} // namespace spaceframe::plugin_host

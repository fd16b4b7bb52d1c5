#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace spaceframe::manifest
{

/// Replaces `${NAME}` and `${NAME:-default}` by what the environment says; the default is taken when the
/// variable is not set or empty. `$${` stands for `${`. What a variable holds is not looked at again.
/// Nothing, and the reason in `problem`, when a variable without default is not set, or a name is malformed.
/// Reads the environment of the process: nobody may change it meanwhile.
std::optional<std::string> expand_variables(std::string_view text, std::string& problem);

} // namespace spaceframe::manifest

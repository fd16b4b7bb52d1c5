#pragma once

#include <string>
#include <string_view>

namespace spaceframe::plugin_host
{

/// `text` between double quotes, shortened to something that fits a message, with unprintable bytes shown as
/// \xNN.
std::string quote(std::string_view text);

} // namespace spaceframe::plugin_host

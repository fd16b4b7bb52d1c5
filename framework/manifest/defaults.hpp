#pragma once

#include <string_view>

/// What a manifest takes for granted where it says nothing, and the roles that ZeroMQ's reconnect options
/// stand for. No other file of the kernel names a plug-in's role.
namespace spaceframe::manifest::defaults
{

inline constexpr std::string_view protocol = "zmtp";
inline constexpr std::string_view backpressure = "noop";
inline constexpr std::string_view reconnect = "exponential";

inline constexpr std::string_view never_reconnect = "none";
inline constexpr std::string_view fixed_reconnect = "fixed";
inline constexpr std::string_view fixed_interval = "interval"; ///< an option of `fixed`
inline constexpr std::string_view growing_reconnect = "exponential";
inline constexpr std::string_view growing_initial = "initial"; ///< an option of `exponential`
inline constexpr std::string_view growing_max = "max";         ///< an option of `exponential`

} // namespace spaceframe::manifest::defaults

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace spaceframe::manifest
{

/// The number of letters to insert, remove, replace or swap with their neighbour to make `left` of `right`
/// (optimal string alignment); case does not count.
std::size_t edit_distance(std::string_view left, std::string_view right);

/// The name that was probably meant by `word`; empty when none is near. `names` may contain duplicates.
std::string nearest(std::string_view word, const std::vector<std::string>& names);

/// "; did you mean "NAME"?", or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& names);

} // namespace spaceframe::manifest

#include "manifest/nearest.hpp"

#include <spaceframe/plugins.hpp>

namespace spaceframe
{

std::string nearest_name(std::string_view word, const std::vector<std::string>& names)
{
    return manifest::nearest(word, names);
}

} // namespace spaceframe

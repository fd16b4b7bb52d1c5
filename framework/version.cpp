#include <spaceframe/version.hpp>

namespace spaceframe
{

std::string_view version() noexcept
{
    return SPACEFRAME_VERSION_STRING;
}

} // namespace spaceframe

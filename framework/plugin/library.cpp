#include "library.hpp"

#include "descriptor.hpp"
#include "library_file.hpp"

#include <boost/dll/shared_library.hpp>
#include <boost/dll/shared_library_load_mode.hpp>
#include <fmt/format.h>

#include <optional>
#include <system_error>

#include <dlfcn.h>

namespace spaceframe::plugin_host
{

namespace
{

// Boost.DLL has no name for RTLD_NODELETE, but hands its flags to dlopen() as they are, and the value lies in
// the enumeration's range. Keeping the library open for ever instead would leak a handle with each load of a
// registry.
constexpr auto load_mode = static_cast<boost::dll::load_mode::type>(
    static_cast<unsigned>(boost::dll::load_mode::rtld_now) |
    static_cast<unsigned>(boost::dll::load_mode::rtld_local) | static_cast<unsigned>(RTLD_NODELETE));

static_assert(RTLD_NODELETE < boost::dll::load_mode::search_system_folders);
static_assert((RTLD_NODELETE & boost::dll::load_mode::append_decorations) == 0);

std::string loader_message()
{
    const char* const message = ::dlerror();
    return message != nullptr ? message : "the dynamic loader gave no reason";
}

} // namespace

std::unique_ptr<Plugin> load_library(const std::filesystem::path& file, std::string& problem)
{
    if (auto refusal = check_library_file(file))
    {
        problem = std::move(*refusal);
        return nullptr;
    }

    boost::dll::shared_library library;
    std::error_code error;
    library.load(file, load_mode, error);
    if (error)
    {
        problem = fmt::format("cannot be loaded: {}. Install the libraries it needs, or build it again",
                              loader_message());
        return nullptr;
    }
    if (!library.has(SF_PLUGIN_ENTRY_NAME))
    {
        problem =
            fmt::format("is no Spaceframe plug-in: it exports no '{}'. Remove it from the folder, or add "
                        "SPACEFRAME_PLUGIN(...) to one of its sources",
                        SF_PLUGIN_ENTRY_NAME);
        return nullptr;
    }
    return read_plugin(&library.get<const sf_plugin*()>(SF_PLUGIN_ENTRY_NAME), file, problem);
}

} // namespace spaceframe::plugin_host

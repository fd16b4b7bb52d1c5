#include "search_path.hpp"

#include <boost/dll/runtime_symbol_info.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <system_error>

#include <sys/auxv.h>

namespace spaceframe::plugin_host
{

namespace
{

constexpr const char* variable = "SPACEFRAME_PLUGIN_PATH";

// The library that this function is linked into, or the program.
std::filesystem::path own_file()
{
    std::error_code error;
    std::filesystem::path file = boost::dll::this_line_location(error);
    if (error || !file.is_absolute())
    {
        file = boost::dll::program_location(error);
    }
    return error ? std::filesystem::path() : file;
}

void add(std::vector<SearchFolder>& folders, const std::filesystem::path& path, const char* origin,
         std::vector<std::string>& problems)
{
    if (path.is_absolute())
    {
        folders.push_back({path, true, origin});
    }
    else
    {
        problems.push_back(fmt::format("{}: the plug-in folder '{}' is relative. Give an absolute path",
                                       origin, path.string()));
    }
}

} // namespace

std::vector<std::filesystem::path> split_path_list(const std::string& list)
{
    std::vector<std::filesystem::path> entries;
    std::size_t begin = 0;
    while (begin <= list.size())
    {
        const std::size_t end = std::min(list.find(':', begin), list.size());
        if (end > begin)
        {
            entries.emplace_back(list.substr(begin, end - begin));
        }
        begin = end + 1;
    }
    return entries;
}

std::vector<SearchFolder> search_folders(const std::vector<std::filesystem::path>& given,
                                         std::vector<std::string>& problems)
{
    std::vector<SearchFolder> folders;
    for (const std::filesystem::path& path : given)
    {
        add(folders, path, "search", problems);
    }
    if (const char* const list = std::getenv(variable); list != nullptr && ::getauxval(AT_SECURE) == 0)
    {
        for (const std::filesystem::path& path : split_path_list(list))
        {
            add(folders, path, variable, problems);
        }
    }
    if (const std::filesystem::path file = own_file(); file.is_absolute())
    {
        folders.push_back(
            {file.parent_path().lexically_normal() / "spaceframe" / "plugins", false, "beside the kernel"});
    }
    return folders;
}

} // namespace spaceframe::plugin_host

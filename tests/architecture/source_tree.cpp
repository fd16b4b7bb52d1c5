#include "source_tree.hpp"

#include <array>
#include <cctype>
#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>

namespace architecture
{
namespace
{

namespace fs = std::filesystem;

constexpr std::array folders{"framework", "sdk", "plugins", "tools", "samples", "tests"};

std::string_view trim_left(std::string_view text)
{
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0)
    {
        text.remove_prefix(1);
    }
    return text;
}

std::string read_file(const fs::path& path)
{
    std::ifstream stream(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (!stream)
    {
        throw std::runtime_error("cannot read " + path.string());
    }
    return text;
}

// "plugins/zmtp/src/a.cpp" -> "plugins/zmtp", for the folders whose children are islands.
std::string_view island_of(std::string_view path)
{
    for (std::string_view parent : {"plugins/", "tests/plugins/", "samples/plugins/"})
    {
        if (path.starts_with(parent))
        {
            return path.substr(0, path.find('/', parent.size()));
        }
    }
    return path.substr(0, path.find('/'));
}

} // namespace

SourceTree read_source_tree(const fs::path& root)
{
    static const std::set<std::string, std::less<>> extensions{".c", ".h", ".cpp", ".hpp"};

    SourceTree tree;
    for (const char* folder : folders)
    {
        if (!fs::exists(root / folder))
        {
            continue;
        }
        for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / folder))
        {
            if (entry.is_regular_file() && extensions.contains(entry.path().extension().string()))
            {
                tree.emplace(entry.path().lexically_relative(root).generic_string(), read_file(entry.path()));
            }
        }
    }
    return tree;
}

std::vector<std::string_view> lines_of(std::string_view text)
{
    std::vector<std::string_view> lines;
    while (!text.empty())
    {
        const std::size_t end = text.find('\n');
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return lines;
}

std::vector<Include> includes_of(std::string_view text)
{
    std::vector<Include> includes;
    std::size_t number = 0;
    for (std::string_view line : lines_of(text))
    {
        ++number;
        std::string_view rest = trim_left(line);
        if (!rest.starts_with('#'))
        {
            continue;
        }
        rest = trim_left(rest.substr(1));
        if (!rest.starts_with("include"))
        {
            continue;
        }
        rest = trim_left(rest.substr(std::string_view("include").size()));
        const char open = rest.empty() ? '\0' : rest.front();
        const std::size_t end = rest.find(open == '<' ? '>' : '"', 1);
        if ((open != '<' && open != '"') || end == std::string_view::npos)
        {
            includes.push_back({number, std::string(rest), Include::Form::computed});
            continue;
        }
        includes.push_back({number, std::string(rest.substr(1, end - 1)),
                            open == '<' ? Include::Form::angled : Include::Form::quoted});
    }
    return includes;
}

std::optional<std::string> resolve(const SourceTree& tree, std::string_view from, const Include& include)
{
    const std::string folder(from.substr(0, from.rfind('/')));
    const std::string island(island_of(from));

    std::vector<std::string> searched;
    if (include.form == Include::Form::quoted)
    {
        searched.push_back(folder);
    }
    searched.insert(searched.end(), {island, island + "/include", "framework/include", "sdk/include",
                                     "framework", "tests/support", "tests", "."});
    for (const std::string& place : searched)
    {
        std::string candidate = (fs::path(place) / include.name).lexically_normal().generic_string();
        if (tree.contains(candidate))
        {
            return candidate;
        }
    }
    return std::nullopt;
}

} // namespace architecture

// The project's C and C++ sources as text, so that rules about them can be checked without compiling
// anything.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace architecture
{

// Text of each source by its path from the root of the project, with '/' between folders.
using SourceTree = std::map<std::string, std::string, std::less<>>;

// Reads every *.c, *.h, *.cpp and *.hpp in the folders with code below `root`.
// Throws std::runtime_error, naming the file, if one cannot be read.
SourceTree read_source_tree(const std::filesystem::path& root);

struct Include
{
    std::size_t line; // from 1
    std::string name; // what stands between the quotes or brackets; what follows #include if there are none
    enum class Form
    {
        quoted,
        angled,
        computed
    } form;
};

std::vector<Include> includes_of(std::string_view text);

// The file of the tree that an include in `from` means: relative to the folder of `from` if it is quoted,
// else in a folder that some target of the project searches. Empty if it is none of the project's files.
std::optional<std::string> resolve(const SourceTree& tree, std::string_view from, const Include& include);

std::vector<std::string_view> lines_of(std::string_view text);

} // namespace architecture

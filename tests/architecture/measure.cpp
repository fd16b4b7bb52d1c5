#include "measure.hpp"

#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string_view>

#include <elf.h>

namespace architecture
{
namespace
{

bool is_code(std::string_view line)
{
    const std::size_t start = line.find_first_not_of(" \t\r");
    if (start == std::string_view::npos)
    {
        return false;
    }
    line.remove_prefix(start);
    return !line.starts_with("//") && !line.starts_with("/*") && !line.starts_with("*/") &&
           !line.starts_with("* ");
}

template <typename Value>
Value read_at(std::ifstream& stream, std::uintmax_t offset, const std::filesystem::path& path)
{
    Value value{};
    stream.seekg(static_cast<std::streamoff>(offset));
    stream.read(reinterpret_cast<char*>(&value), sizeof value);
    if (!stream)
    {
        throw std::runtime_error("cannot read the ELF headers of " + path.string());
    }
    return value;
}

} // namespace

std::map<std::string, std::size_t> kernel_lines(const SourceTree& tree)
{
    constexpr std::string_view kernel = "framework/";

    std::map<std::string, std::size_t> counts;
    for (const auto& [file, text] : tree)
    {
        if (!file.starts_with(kernel))
        {
            continue;
        }
        const std::size_t slash = file.find('/', kernel.size());
        std::size_t& count =
            counts[slash == std::string::npos ? "." : file.substr(kernel.size(), slash - kernel.size())];
        for (std::string_view line : lines_of(text))
        {
            count += is_code(line) ? 1U : 0U;
        }
    }
    return counts;
}

BinarySize binary_size(const std::filesystem::path& library)
{
    std::ifstream stream(library, std::ios::binary);
    const auto header = read_at<Elf64_Ehdr>(stream, 0, library);
    if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64)
    {
        throw std::runtime_error(library.string() + " is not a 64-bit ELF file");
    }
    BinarySize size{std::filesystem::file_size(library), 0};
    for (unsigned i = 0; i < header.e_phnum; ++i)
    {
        const auto segment =
            read_at<Elf64_Phdr>(stream, header.e_phoff + std::uintmax_t{i} * header.e_phentsize, library);
        if (segment.p_type == PT_LOAD)
        {
            size.loaded += segment.p_memsz;
        }
    }
    return size;
}

} // namespace architecture

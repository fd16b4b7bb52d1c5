// How big the kernel is: "minimal" is a figure.
#pragma once

#include "source_tree.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace architecture
{

// Lines below framework/ that are neither empty nor a comment alone, by folder ("engine", "include", ...; "."
// for its root).
std::map<std::string, std::size_t> kernel_lines(const SourceTree& tree);

struct BinarySize
{
    std::uintmax_t file;   // bytes on disk, debug information included
    std::uintmax_t loaded; // bytes that the dynamic linker maps: code, constants and data
};

// Throws std::runtime_error, naming the file, if it is not a 64-bit ELF file.
BinarySize binary_size(const std::filesystem::path& library);

} // namespace architecture

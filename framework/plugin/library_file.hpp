#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace spaceframe::plugin_host
{

/// Is the file a complete shared library for this machine? Nothing when it is; otherwise what it is instead,
/// and what to do about it.
///
/// The dynamic loader maps what the headers promise and dies of SIGBUS where a file ends before; so the
/// headers are read here first (the ELF header, program headers and the place of the section headers, as the
/// System V ABI's generic part, chapters 4 and 5, has them). A file that is complete but full of nonsense
/// behind its headers is not found out.
std::optional<std::string> check_library_file(const std::filesystem::path& file);

} // namespace spaceframe::plugin_host

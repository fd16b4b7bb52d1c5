#include "plugin/library_file.hpp"
#include "plugin/registry.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

using spaceframe::plugin_host::check_library_file;
using spaceframe::plugin_host::Registry;

namespace
{

const std::filesystem::path sound_file = SPACEFRAME_TEST_PLUGINS "/claims-name/claims-name.so";

std::string sound_contents()
{
    std::ifstream file(sound_file, std::ios::binary);
    std::string contents{std::istreambuf_iterator<char>(file), {}};
    REQUIRE(contents.size() > sizeof(Elf64_Ehdr));
    return contents;
}

// What is said of a file with these contents; the loader refuses it too, and names it.
std::string refusal_of(const std::string& contents)
{
    const TemporaryFolder folder;
    const std::filesystem::path file = folder.write("x.so", contents);
    const auto problem = check_library_file(file);
    REQUIRE(problem.has_value());
    const auto registry = Registry::load({folder.path()});
    REQUIRE(registry->errors().size() == 1);
    CHECK(registry->errors()[0] == file.string() + ": " + *problem);
    return *problem;
}

} // namespace

TEST_CASE("a sound library passes")
{
    CHECK(check_library_file(sound_file) == std::nullopt);
}

TEST_CASE("a file that is empty or no ELF file is refused")
{
    CHECK(refusal_of("").starts_with("is empty"));
    CHECK(refusal_of("x").starts_with("is not a shared library (not an ELF file)"));
    CHECK(refusal_of("#!/bin/sh\necho this is a script\n")
              .starts_with("is not a shared library (not an ELF file)"));
    CHECK(refusal_of(std::string(10000, '\0')).starts_with("is not a shared library (not an ELF file)"));
}

TEST_CASE("a library that was truncated anywhere is refused before the dynamic loader sees it")
{
    const std::string whole = sound_contents();
    for (std::size_t size = 4; size < whole.size(); size += size < 200 ? 1 : 509)
    {
        CAPTURE(size);
        CHECK(refusal_of(whole.substr(0, size)).starts_with("is truncated or damaged"));
    }
    CHECK(refusal_of(whole.substr(0, whole.size() - 1)).starts_with("is truncated or damaged"));
}

TEST_CASE("a library for another architecture is refused with both architectures")
{
    std::string contents = sound_contents();
    contents[offsetof(Elf64_Ehdr, e_machine)] = static_cast<char>(EM_68K);
    contents[offsetof(Elf64_Ehdr, e_machine) + 1] = 0;
    const std::string other_machine = refusal_of(contents);
    CHECK(other_machine.starts_with("is built for another architecture (machine 4), this kernel runs on "));

    contents = sound_contents();
    contents[EI_CLASS] = ELFCLASS32;
    CHECK(refusal_of(contents).starts_with("is built for another architecture (32 bits, little-endian)"));

    contents = sound_contents();
    contents[EI_DATA] = ELFDATA2MSB;
    CHECK(refusal_of(contents).starts_with("is built for another architecture (64 bits, big-endian)"));
}

TEST_CASE("an ELF file that is no shared library is refused")
{
    std::string contents = sound_contents();
    contents[offsetof(Elf64_Ehdr, e_type)] = ET_REL;
    CHECK(refusal_of(contents).starts_with("is an ELF file, but no shared library"));
}

TEST_CASE("headers whose numbers overflow are refused")
{
    for (const std::size_t field : {offsetof(Elf64_Ehdr, e_phoff), offsetof(Elf64_Ehdr, e_shoff)})
    {
        std::string contents = sound_contents();
        contents.replace(field, 8, 8, '\xff');
        CHECK(refusal_of(contents).starts_with("is truncated or damaged"));
    }
    for (const std::size_t field : {offsetof(Elf64_Phdr, p_offset), offsetof(Elf64_Phdr, p_filesz)})
    {
        std::string contents = sound_contents();
        contents.replace(sizeof(Elf64_Ehdr) + field, 8, 8, '\xff');
        CHECK(refusal_of(contents).starts_with("is truncated or damaged"));
    }
}

TEST_CASE("folders, FIFOs, dangling links and unreadable files that look like libraries are refused")
{
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder.path() / "folder.so");
    REQUIRE(::mkfifo((folder.path() / "fifo.so").c_str(), 0600) == 0);
    std::filesystem::create_symlink(folder.path() / "nowhere", folder.path() / "link.so");

    CHECK(check_library_file(folder.path() / "folder.so")->starts_with("is a folder"));
    CHECK(check_library_file(folder.path() / "fifo.so")->starts_with("is not a regular file"));
    CHECK(check_library_file(folder.path() / "link.so")
              ->starts_with("cannot be opened: No such file or directory"));
    CHECK(Registry::load({folder.path()})->errors().size() == 3);
}

TEST_CASE("a file that may not be read is refused")
{
    const TemporaryFolder folder;
    const std::filesystem::path file = folder.write("x.so", sound_contents());
    std::filesystem::permissions(file, std::filesystem::perms::none);
    const auto problem = check_library_file(file);
    if (::geteuid() == 0)
    {
        CHECK(problem == std::nullopt); // nothing is unreadable to the superuser
    }
    else
    {
        REQUIRE(problem.has_value());
        CHECK(problem->starts_with("cannot be opened: Permission denied"));
    }
}

TEST_CASE("a path that leads through a file is refused")
{
    const TemporaryFolder folder;
    folder.write("file", "x");
    CHECK(check_library_file(folder.path() / "file" / "x.so")
              ->starts_with("cannot be opened: Not a directory"));
}

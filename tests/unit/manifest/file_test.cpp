#include <doctest/doctest.h>
#include <framework/manifest/source.hpp>

#include <filesystem>
#include <fstream>
#include <string>

#include <stdlib.h>
#include <unistd.h>

using namespace spaceframe::manifest;

namespace
{

class Folder
{
public:
    Folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "sf-manifest-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    const std::filesystem::path& path() const
    {
        return path_;
    }

private:
    std::filesystem::path path_;
};

std::string error_of(const std::filesystem::path& file)
{
    Problems problems("m.info");
    CHECK(!read_source(file, problems));
    REQUIRE(problems.errors().size() == 1);
    return problems.errors()[0];
}

} // namespace

TEST_CASE("a file is read as it is")
{
    const Folder folder;
    std::ofstream(folder.path() / "x", std::ios::binary) << "a\r\nb" << std::string(200000, 'c');
    Problems problems("x");
    const auto text = read_source(folder.path() / "x", problems);
    REQUIRE(text);
    CHECK(*text == "a\r\nb" + std::string(200000, 'c'));
}

TEST_CASE("a file that cannot be read says why")
{
    const Folder folder;
    CHECK(error_of(folder.path() / "none") == "m.info: cannot be opened: No such file or directory");
    CHECK(error_of(folder.path()) == "m.info: is a directory; expected the file of a manifest");
    if (geteuid() != 0)
    {
        std::ofstream(folder.path() / "secret") << "a";
        std::filesystem::permissions(folder.path() / "secret", std::filesystem::perms::none);
        CHECK(error_of(folder.path() / "secret") == "m.info: cannot be opened: Permission denied");
    }
}

TEST_CASE("a file without end is refused")
{
    CHECK(error_of("/dev/zero") == "m.info: has more than 8 MiB; that is no manifest");
}

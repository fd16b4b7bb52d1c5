#include <doctest/doctest.h>
#include <framework/manifest/source.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>
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

TEST_CASE("a stream is read to its end, whatever exceptions it was asked to throw")
{
    std::istringstream stream("a\r\nb" + std::string(200000, 'c'));
    stream.exceptions(std::ios::eofbit | std::ios::failbit | std::ios::badbit);
    Problems problems("x");
    const auto text = read_source(stream, problems);
    REQUIRE(text);
    CHECK(*text == "a\r\nb" + std::string(200000, 'c'));
}

TEST_CASE("a stream that cannot be read, or does not end, says so")
{
    const auto error_of_stream = [](std::istream& stream)
    {
        Problems problems("m");
        CHECK(!read_source(stream, problems));
        return problems.errors().at(0);
    };
    const Folder folder;
    std::ifstream missing(folder.path() / "none");
    CHECK(error_of_stream(missing) == "m: cannot be read: the stream had failed before; was it opened?");
    std::ifstream directory(folder.path());
    CHECK(error_of_stream(directory) == "m: cannot be read: the stream failed");
    std::ifstream zeros("/dev/zero");
    CHECK(error_of_stream(zeros) == "m: has more than 8 MiB; that is no manifest");
}

#include "program.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

using command_line::Folder;
using command_line::Result;
using command_line::run;

namespace
{

const std::filesystem::path source_folder = SPACEFRAME_SOURCE_FOLDER;

std::string replace_all(std::string text, const std::string& from, const std::string& to)
{
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    {
        text.replace(at, from.size(), to);
    }
    return text;
}

// With the manifest's own name replaced.
Result explain(const std::filesystem::path& file, std::vector<std::string> options = {})
{
    options.insert(options.begin(), "explain");
    options.push_back(file.string());
    Result result = run(options);
    result.out = replace_all(result.out, file.string(), "FILE");
    result.err = replace_all(result.err, file.string(), "FILE");
    return result;
}

void check_twins(const std::filesystem::path& info)
{
    const Result expected = explain(info);
    const Result expected_json = explain(info, {"--json"});
    CAPTURE(info);
    CAPTURE(expected.err);
    CHECK(expected.out.empty() == (expected.code != 0));
    for (const char* extension : {".json", ".xml"})
    {
        const auto twin = std::filesystem::path(info).replace_extension(extension);
        CAPTURE(twin);
        const Result result = explain(twin);
        CAPTURE(result.err);
        CHECK(result.code == expected.code);
        CHECK(result.out == expected.out);
        CHECK(explain(twin, {"--json"}).out == expected_json.out);
    }
}

// The text of the page's first block of code in that language.
std::string example_of(const std::string& page, const std::string& language)
{
    const std::string start = "\n```" + language + "\n";
    const std::size_t from = page.find(start);
    REQUIRE(from != std::string::npos);
    const std::size_t begin = from + start.size();
    return page.substr(begin, page.find("\n```\n", begin) + 1 - begin);
}

} // namespace

TEST_CASE("each manifest of the samples comes in three forms, and explain prints the same for them")
{
    int count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(source_folder / "samples"))
    {
        if (entry.path().extension() == ".info")
        {
            check_twins(entry.path());
            ++count;
        }
    }
    CHECK(count >= 2);
    CHECK(explain(source_folder / "samples" / "broker" / "broker.xml").code == 0);
}

TEST_CASE("the example in docs/manifest.md is the same manifest in three forms")
{
    std::ifstream stream(source_folder / "docs" / "manifest.md");
    const std::string page(std::istreambuf_iterator<char>(stream), {});
    const Folder folder;
    for (const std::string form : {"info", "json", "xml"})
    {
        CHECK(run({"check", folder.write("example." + form, example_of(page, form))}).err.empty());
    }
    check_twins(folder.path() / "example.info");
}

TEST_CASE("a file without extension is read in the form that it begins with")
{
    const Folder folder;
    for (const std::string text :
         {"spaceframe 1\n", "\xEF\xBB\xBF\r\n{\"spaceframe\": 1}", "<manifest spaceframe='1'/>"})
    {
        CAPTURE(text);
        CHECK(run({"check", folder.write("manifest", text)}).code == 0);
    }
}

TEST_CASE("a relative folder starts at the manifest's folder in each form")
{
    const Folder folder;
    std::filesystem::create_directory(folder.path() / "plug-ins");
    const std::map<std::string, std::string> texts{
        {"info", "spaceframe 1\nplugins { search plug-ins }\n"},
        {"json", R"({"spaceframe": 1, "plugins": {"search": ["plug-ins"]}})"},
        {"xml", "<manifest spaceframe='1'><plugins><search>plug-ins</search></plugins></manifest>"}};
    for (const auto& [form, text] : texts)
    {
        const auto result = run({"explain", folder.write("m." + form, text)});
        CAPTURE(result.err);
        CHECK(result.code == 0);
        CHECK(result.out.find((folder.path() / "plug-ins").string()) != std::string::npos);
    }
}

TEST_CASE("a socket from a JSON or XML manifest is bound")
{
    const Folder folder;
    for (const auto& file :
         {folder.write(
              "m.json",
              R"({"spaceframe": 1, "sockets": {"a": {"pattern": "pull", "bind": "tcp://127.0.0.1:0"}}})"),
          folder.write(
              "m.xml",
              "<manifest spaceframe='1'><sockets><a pattern='pull' bind='tcp://127.0.0.1:0'/></sockets>"
              "</manifest>")})
    {
        const auto result = run({"run", file, "--for", "1ms"});
        CHECK(result.code == 0);
        CHECK(result.out.find("a bound tcp://127.0.0.1:") != std::string::npos);
    }
}

#include "program.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <elf.h>
#include <unistd.h>

using command_line::Folder;
using command_line::run;

namespace
{

constexpr std::array extensions{"info", "json", "xml"};

std::string repeat(const std::string& text, int count)
{
    std::string result;
    for (int i = 0; i < count; ++i)
    {
        result += text;
    }
    return result;
}

// `check`, `explain` and `run` refuse the file with the same words.
void check_refusal(const std::string& file, const std::string& text)
{
    for (const char* command : {"check", "explain", "run"})
    {
        const auto result = run({command, file});
        CAPTURE(command);
        CAPTURE(result.err);
        CHECK(result.code == 2);
        CHECK(result.out.empty());
        CHECK(result.err == "error: " + file + text + "\n");
    }
}

std::string socket_at(const std::string& endpoint)
{
    return "spaceframe 1\nsockets\n{\n a { pattern pull bind \"" + endpoint + "\" }\n}\n";
}

// What `run` says of an endpoint that `check` has nothing against.
void check_bind_failure(const std::string& endpoint, const std::string& reason)
{
    const Folder folder;
    const auto file = folder.write("m.info", socket_at(endpoint));
    CHECK(run({"check", file}).code == 0);
    const auto result = run({"run", file, "--for", "1ms"});
    CAPTURE(result.err);
    CHECK(result.code == 1);
    CHECK(result.err.starts_with("error: " + file + ":4: sockets.a.bind: cannot bind " + endpoint + ": "));
    CHECK(result.err.find(reason) != std::string::npos);
    CHECK(result.err.find("[system:") != std::string::npos);
}

} // namespace

TEST_CASE("nesting that is too deep ends with 2 in each form")
{
    const Folder folder;
    constexpr int levels = 200000;
    check_refusal(folder.write("m.info", repeat("a\n{\n", levels)),
                  ":66: syntax: blocks are nested more than 32 deep");
    check_refusal(folder.write("m.json", repeat("{\"a\":\n", levels)),
                  ":34: syntax: column 1: blocks are nested more than 32 deep");
    check_refusal(folder.write("m.xml", "<manifest>" + repeat("<a>\n", levels)),
                  ":34: syntax: column 1: blocks are nested more than 32 deep");
}

TEST_CASE("a file of 100 MB ends with 2")
{
    const Folder folder;
    for (const std::string extension : extensions)
    {
        const auto file = folder.write("m." + extension, "spaceframe 1\n");
        std::filesystem::resize_file(file, 100'000'000);
        check_refusal(file, ": has more than 8 MiB; that is no manifest");
    }
}

TEST_CASE("a binary file ends with 2")
{
    const Folder folder;
    for (const std::string extension : extensions)
    {
        check_refusal(folder.write("m." + extension, std::string("a\n\0\1\2", 5)),
                      ":2: is not text: byte 0x00; expected UTF-8 without control characters");
    }
}

TEST_CASE("an environment variable that is not set ends with 2 and is named at its key, in each form")
{
    const Folder folder;
    const std::string text =
        ": sockets.a.bind: environment variable SPACEFRAME_TEST_UNSET is not set; set it, or "
        "write ${SPACEFRAME_TEST_UNSET:-default}";
    const std::string endpoint = "tcp://${SPACEFRAME_TEST_UNSET}:0";
    check_refusal(folder.write("m.info", socket_at(endpoint)), ":4" + text);
    check_refusal(
        folder.write("m.json",
                     "{\"spaceframe\": 1, \"sockets\": {\n\"a\": {\"pattern\": \"pull\",\n\"bind\": [\n"
                     "\"tcp://127.0.0.1:0\",\n\"" +
                         endpoint + "\"]}}}"),
        ":5" + text);
    check_refusal(folder.write("m.xml", "<manifest spaceframe='1'><sockets>\n<a pattern='pull'\n bind='" +
                                            endpoint + "'/></sockets></manifest>"),
                  ":3" + text);
}

TEST_CASE("a plug-in for another architecture ends with 3, and is named with both architectures")
{
    const Folder folder;
    std::ifstream program(SPACEFRAME_PROGRAM, std::ios::binary);
    std::string contents{std::istreambuf_iterator<char>(program), {}};
    REQUIRE(contents.size() > sizeof(Elf64_Ehdr));
    contents[offsetof(Elf64_Ehdr, e_machine)] = static_cast<char>(EM_68K);
    contents[offsetof(Elf64_Ehdr, e_machine) + 1] = 0;
    const auto plugin = folder.write("other.so", contents);
    for (const auto& file :
         {folder.write("m.info", "spaceframe 1\nplugins { search . }\n"),
          folder.write("m.json", "{\"spaceframe\": 1, \"plugins\": {\"search\": \".\"}}"),
          folder.write("m.xml", "<manifest spaceframe='1'><plugins search='.'/></manifest>")})
    {
        const auto result = run({"check", file});
        CAPTURE(result.err);
        CHECK(result.code == 3);
        CHECK(result.err.starts_with(
            "error: " + plugin + ": is built for another architecture (machine 4), this kernel runs on "));
    }
}

TEST_CASE("an ipc path that is too long ends with 2, for listening and dialling, before a socket is opened")
{
    const Folder folder;
    const std::string path = "/tmp/" + std::string(200, 'x');
    const auto result =
        run({"run", folder.write("m.info", "spaceframe 1\nsockets { a { pattern pull\nbind ipc://" + path +
                                               "\nconnect ipc://" + path + " } }\n")});
    CAPTURE(result.err);
    CHECK(result.code == 2);
    CHECK(result.out.empty());
    CHECK(result.err.find("m.info:3: sockets.a.bind: transport ipc cannot listen at ") != std::string::npos);
    CHECK(result.err.find("m.info:4: sockets.a.connect: transport ipc cannot dial ") != std::string::npos);
    CHECK(result.err.find("it has 205 bytes, and the system allows 107; choose a shorter path") !=
          std::string::npos);
}

TEST_CASE("an ipc path that cannot be bound ends run with 1, and says why")
{
    const Folder folder;
    const std::string base = "ipc://" + folder.path().string();
    check_bind_failure(base + "/none/x", "the folder '" + folder.path().string() + "/none' does not exist");
    check_bind_failure("ipc://" + folder.write("file", "") + "/x", "file' is no folder");
    check_bind_failure("ipc://" + folder.write("file", ""), "there is a file that is no socket");
    CHECK(std::filesystem::is_regular_file(folder.path() / "file"));
}

TEST_CASE("an ipc path in a folder that may not be written to ends run with 1")
{
    if (geteuid() == 0)
    {
        return;
    }
    const Folder folder;
    std::filesystem::permissions(folder.path(),
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
    check_bind_failure("ipc://" + (folder.path() / "x").string(), "Permission denied");
    std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all);
}

// What `plugins` says of where it looked, of files that are no plug-ins, and of names that nobody has.
#include "program.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

using command_line::Folder;
using command_line::run;

namespace
{

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("plugins --verbose says of each folder who named it, and of each file what became of it")
{
    const Folder named;
    const Folder environment;
    const std::string broken = named.write("broken.so", "this is no library");
    const std::string notes = named.write("notes.txt", "neither is this");
    const std::string empty = environment.write("empty.so", "");
    const auto result = run({"plugins", "--verbose", "--search", named.path().string()},
                            {{"SPACEFRAME_PLUGIN_PATH", environment.path().string()}});
    CAPTURE(result.out);
    CHECK(result.code == 3);
    const std::string expected =
        named.path().string() + " (search): searched\n    " + broken + ": refused: is not a shared library";
    CHECK(contains(result.out, expected));
    CHECK(contains(result.out, "    " + notes + ": left out: the name of a plug-in ends in .so\n"));
    CHECK(contains(result.out, environment.path().string() + " (SPACEFRAME_PLUGIN_PATH): searched\n    " +
                                   empty + ": refused: is empty. Install it again\n"));
    CHECK(contains(result.out, "spaceframe/plugins (beside the kernel): "));
    CHECK_FALSE(contains(result.out, "/../"));
}

TEST_CASE("plugins --verbose says which plug-ins were taken, and from where")
{
    const auto result = run({"plugins", "--verbose"});
    CAPTURE(result.out);
    CHECK(result.code == 0);
    const bool built_in = contains(result.out, "built into the kernel: zmtp ");
    const bool from_file = contains(result.out, "/zmtp.so: taken: zmtp ");
    CHECK(built_in != from_file);
}

TEST_CASE("plugins --verbose says that a folder is not there, and that a file was found twice")
{
    const Folder folder;
    const std::string library = folder.write("broken.so", "this is no library");
    const std::string missing = (folder.path() / "missing").string();
    std::filesystem::create_symlink(library, folder.path() / "link.so");
    const auto result =
        run({"plugins", "--verbose", "--search", missing, "--search", folder.path().string()});
    CAPTURE(result.out);
    CHECK(result.code == 3);
    CHECK(contains(result.out, missing + " (search): not there\n"));
    CHECK(contains(result.out, "/link.so: left out: the same file as " + library));
}

TEST_CASE("a folder of --search may be relative")
{
    const auto result = run({"plugins", "--verbose", "--search", "."});
    CHECK(contains(result.out, std::filesystem::current_path().string()));
    CHECK_FALSE(contains(result.err, "is relative"));
}

TEST_CASE("plugins --options NAME prints what can be set of that role, and of no other")
{
    const auto result = run({"plugins", "--options", "semaphore"});
    CHECK(result.code == 0);
    CHECK(contains(result.out, "Size of the budget"));
    CHECK_FALSE(contains(result.out, "jitter"));
}

TEST_CASE("plugins --options with a name that nobody has lists the names that there are, and the nearest")
{
    const auto near = run({"plugins", "--options", "exponental"});
    CAPTURE(near.err);
    CHECK(near.code == 1);
    CHECK(contains(
        near.err,
        "is called \"exponental\", expected one of backpressure, breaker, decorrelated, exponential"));
    CHECK(contains(near.err, "; did you mean \"exponential\"?"));
    const auto far = run({"plugins", "--options", "telephone"});
    CHECK(far.code == 1);
    CHECK(contains(far.err, "zmtp"));
    CHECK_FALSE(contains(far.err, "did you mean"));
}

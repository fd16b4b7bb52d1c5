#include "plugin/built_in.hpp"
#include "plugin/registry.hpp"
#include "plugin/search_path.hpp"
#include "temporary_folder.hpp"

#include <spaceframe/plugin/abi.h>
#include <spaceframe/plugins.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <dlfcn.h>
#include <stdlib.h>

using namespace spaceframe::plugin_host;

namespace
{

const std::filesystem::path plugins_folder = SPACEFRAME_TEST_PLUGINS;

std::filesystem::path folder_of(const std::string& plugin)
{
    return plugins_folder / plugin;
}

bool contains(const std::string& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

std::size_t count_from_files(const Registry& registry)
{
    return registry.plugins().size() - built_in_plugins().size();
}

// The one error of a search in a plug-in's folder. It names the file, and so does its verdict.
std::string refusal_of(const std::string& plugin)
{
    const auto registry = Registry::load({folder_of(plugin)});
    CHECK(registry->find(SF_ROLE_RECONNECT, plugin) == nullptr);
    REQUIRE(registry->errors().size() == 1);
    const std::string file = (folder_of(plugin) / (plugin + ".so")).string();
    CHECK(registry->errors()[0].starts_with(file + ": "));
    const auto verdict = std::ranges::find(registry->files(), file,
                                           [](const FileVerdict& f)
                                           {
                                               return f.path.string();
                                           });
    REQUIRE(verdict != registry->files().end());
    CHECK(verdict->plugin == nullptr);
    CHECK(verdict->verdict == "refused: " + registry->errors()[0].substr(file.size() + 2));
    return registry->errors()[0].substr(file.size() + 2);
}

// SPACEFRAME_PLUGIN_PATH for the time of a test.
class PluginPath
{
public:
    explicit PluginPath(const std::string& value)
    {
        ::setenv("SPACEFRAME_PLUGIN_PATH", value.c_str(), 1);
    }

    PluginPath(const PluginPath&) = delete;
    PluginPath& operator=(const PluginPath&) = delete;

    ~PluginPath()
    {
        ::unsetenv("SPACEFRAME_PLUGIN_PATH");
    }
};

} // namespace

TEST_CASE("a plug-in of another major version is refused with both versions and the remedy")
{
    CHECK(refusal_of("bad-major") ==
          "it was built for version 1.1 of the plug-in contract (cc 1.0), this kernel speaks 0.1. Build it "
          "again with "
          "this kernel's SDK, or install the plug-in and the kernel of one release");
}

TEST_CASE("a plug-in of a newer minor version is refused with both versions and the remedy")
{
    CHECK(refusal_of("bad-minor") == "it was built for version 0.2 of the plug-in contract (cc 1.0), this "
                                     "kernel speaks 0.1. Update the kernel, or "
                                     "build the plug-in again with this kernel's SDK");
}

TEST_CASE("a descriptor with a wrong magic number is refused with our version and the remedy")
{
    const std::string refusal = refusal_of("bad-magic");
    CHECK(contains(refusal, "0xdeadbeef instead of 0x4d524653"));
    CHECK(contains(refusal, "version of its plug-in contract is unknown; this kernel speaks 0.1"));
    CHECK(contains(refusal, "build it again with Spaceframe's SDK"));
}

TEST_CASE("a plug-in whose entry throws, returns nothing or is missing is refused")
{
    CHECK(refusal_of("bad-throw") == "its entry 'spaceframe_plugin' threw an exception: no licence found");
    CHECK(contains(refusal_of("bad-null"), "returned no descriptor"));
    CHECK(
        contains(refusal_of("bad-no-entry"), "is no Spaceframe plug-in: it exports no 'spaceframe_plugin'"));
}

TEST_CASE("a plug-in with a wrong option table is refused with the option and what is wrong with it")
{
    CHECK(contains(refusal_of("bad-options"),
                   "the reconnect role 'bad-options' is malformed: option 'delay': its default: found "
                   "\"1s\", expected a "
                   "duration such as 100ms, 30s, 2min or infinite, at most 100ms"));
}

TEST_CASE("two plug-ins that claim one name are both named, and the first is found")
{
    const auto registry = Registry::load({folder_of("claims-name"), folder_of("claims-it-too")});
    REQUIRE(registry->errors().size() == 1);
    const std::string& error = registry->errors()[0];
    CHECK(contains(error, "the reconnect role 'twice' is claimed twice"));
    CHECK(contains(error,
                   "claims-name 1.2.3 (" + (folder_of("claims-name") / "claims-name.so").string() + ")"));
    CHECK(contains(error, "claims-it-too 1.2.3 (" +
                              (folder_of("claims-it-too") / "claims-it-too.so").string() + ")"));
    const Role* const role = registry->find(SF_ROLE_RECONNECT, "twice");
    REQUIRE(role != nullptr);
    CHECK(role->plugin->name == "claims-name");
    CHECK(count_from_files(*registry) == 2);
}

TEST_CASE("a broken file does not keep the others from being found")
{
    const auto registry = Registry::load({folder_of("bad-throw"), folder_of("claims-name")});
    CHECK(registry->errors().size() == 1);
    CHECK(registry->files().size() == 2);
    CHECK(registry->find(SF_ROLE_RECONNECT, "twice") != nullptr);
    CHECK(registry->find(SF_ROLE_TRANSPORT, "twice") == nullptr);
    CHECK(registry->find(SF_ROLE_RECONNECT, "thrice") == nullptr);
}

TEST_CASE("one file that is found by two ways is no clash")
{
    const TemporaryFolder folder;
    std::filesystem::create_symlink(folder_of("claims-name") / "claims-name.so", folder.path() / "link.so");
    const auto registry = Registry::load(
        {folder_of("claims-name"), folder_of("claims-name") / ".", folder.path(), folder_of("claims-name")});
    CHECK(registry->errors().empty());
    CHECK(count_from_files(*registry) == 1);
}

TEST_CASE("a registry can be loaded again while another one is used")
{
    const auto first = Registry::load({folder_of("claims-name")});
    auto second = Registry::load({folder_of("claims-name")});
    const Role* const role = first->find(SF_ROLE_RECONNECT, "twice");
    second.reset();
    REQUIRE(role != nullptr);
    std::uint64_t delay = 0;
    CHECK(role->as<sf_reconnect>().next_delay(nullptr, 3, nullptr, &delay) == SF_OK);
    CHECK(delay == 3);
}

TEST_CASE("the code of a plug-in stays mapped after its registry is gone")
{
    const std::string file = (folder_of("claims-name") / "claims-name.so").string();
    Registry::load({folder_of("claims-name")}).reset();
    void* const handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_NOLOAD);
    CHECK(handle != nullptr);
    if (handle != nullptr)
    {
        ::dlclose(handle);
    }
}

TEST_CASE("the symbols of a plug-in are not visible to others")
{
    const auto registry = Registry::load({folder_of("claims-name")});
    CHECK(registry->errors().empty());
    CHECK(::dlsym(RTLD_DEFAULT, SF_PLUGIN_ENTRY_NAME) == nullptr);
}

TEST_CASE("what is built into the kernel is there before any file, and has none")
{
    const auto registry = Registry::load({folder_of("claims-name")});
    const std::vector<const Plugin*> plugins = registry->plugins();
    REQUIRE(plugins.size() == built_in_plugins().size() + 1);
    for (std::size_t i = 0; i < built_in_plugins().size(); ++i)
    {
        CHECK(plugins[i]->file.empty());
    }
    CHECK_FALSE(plugins.back()->file.empty());
}

TEST_CASE("a registry can be made from descriptors, and a wrong one is an error")
{
    sf_plugin wrong{};
    const sf_plugin* const descriptors[] = {&wrong};
    const auto registry = Registry::from_descriptors(descriptors);
    CHECK(registry->plugins().empty());
    REQUIRE(registry->errors().size() == 1);
    CHECK(contains(registry->errors()[0], "no Spaceframe descriptor"));
}

TEST_CASE("a folder that is not there is an error when it was asked for")
{
    const auto registry = Registry::load({"/nonexistent/folder"});
    REQUIRE(registry->errors().size() == 1);
    CHECK(contains(registry->errors()[0],
                   "/nonexistent/folder: this folder of plug-ins (search) cannot be read: No such file"));
}

TEST_CASE("a folder that is not there is named with the variable that asked for it")
{
    const PluginPath path("/nonexistent/folder");
    const auto registry = Registry::load({});
    REQUIRE(registry->errors().size() == 1);
    CHECK(contains(registry->errors()[0], "/nonexistent/folder: this folder of plug-ins "
                                          "(SPACEFRAME_PLUGIN_PATH) cannot be read: No such file"));
}

TEST_CASE("a relative folder is an error, and the working directory is never searched")
{
    const TemporaryFolder folder;
    folder.write("x.so", "not a library");
    const std::filesystem::path before = std::filesystem::current_path();
    std::filesystem::current_path(folder.path());
    const auto nothing = Registry::load({});
    const auto relative = Registry::load({".", ""});
    std::filesystem::current_path(before);
    CHECK(nothing->errors().empty());
    CHECK(nothing->files().empty());
    CHECK(relative->files().empty());
    REQUIRE(relative->errors().size() == 2);
    CHECK(contains(relative->errors()[0], "the plug-in folder '.' is relative. Give an absolute path"));
}

TEST_CASE("the folders are searched in order: the manifest's, the environment's, the kernel's own")
{
    const PluginPath path("/from/environment::relative:/from/environment/too:");
    std::vector<std::string> problems;
    const auto folders = search_folders({"/from/manifest"}, problems);
    REQUIRE(folders.size() == 4);
    CHECK(folders[0].path == "/from/manifest");
    CHECK(folders[1].path == "/from/environment");
    CHECK(folders[2].path == "/from/environment/too");
    CHECK(folders[2].required);
    CHECK(folders[3].path.is_absolute());
    CHECK(contains(folders[3].path.string(), "/spaceframe/plugins"));
    CHECK_FALSE(folders[3].required);
    REQUIRE(problems.size() == 1);
    CHECK(contains(problems[0], "SPACEFRAME_PLUGIN_PATH: the plug-in folder 'relative' is relative"));
}

TEST_CASE("plug-ins are found through SPACEFRAME_PLUGIN_PATH")
{
    const PluginPath path(folder_of("claims-name").string() + ":" + folder_of("bad-null").string());
    const auto registry = Registry::load({});
    CHECK(registry->find(SF_ROLE_RECONNECT, "twice") != nullptr);
    CHECK(registry->errors().size() == 1);
}

TEST_CASE("a listing tells where it looked, who said so, and in which folder each file was")
{
    const TemporaryFolder folder;
    folder.write("notes.txt", "no library");
    const PluginPath path(folder.path().string());
    const spaceframe::PluginListing listing =
        spaceframe::list_plugins({folder_of("claims-name"), "/nonexistent/folder"});
    REQUIRE(listing.folders.size() == 4);
    CHECK(listing.folders[0].path == folder_of("claims-name"));
    CHECK(listing.folders[0].origin == "search");
    CHECK(listing.folders[0].verdict == "searched");
    CHECK(listing.folders[1].verdict == "not there");
    CHECK(listing.folders[2].origin == "SPACEFRAME_PLUGIN_PATH");
    CHECK(listing.folders[3].origin == "beside the kernel");
    REQUIRE(listing.files.size() >= 2);
    CHECK(listing.files[0].folder == 0);
    CHECK(listing.files[0].taken);
    CHECK(listing.files[1].folder == 2);
    CHECK_FALSE(listing.files[1].taken);
    CHECK(listing.files[1].verdict == "left out: the name of a plug-in ends in .so");
}

TEST_CASE("a listing shows plug-ins with roles and options, and the verdict on each file")
{
    const spaceframe::PluginListing listing =
        spaceframe::list_plugins({folder_of("claims-name"), folder_of("bad-null")});
    REQUIRE(listing.plugins.size() == built_in_plugins().size() + 1);
    const spaceframe::PluginInfo& plugin = listing.plugins.back();
    CHECK(plugin.name == "claims-name");
    CHECK(plugin.version == "1.2.3");
    CHECK(plugin.contract == "0.1");
    CHECK(plugin.file == folder_of("claims-name") / "claims-name.so");
    REQUIRE(plugin.roles.size() == 1);
    CHECK(plugin.roles[0].role == "reconnect");
    CHECK(plugin.roles[0].name == "twice");
    REQUIRE(plugin.roles[0].options.size() == 1);
    CHECK(plugin.roles[0].options[0].key == "delay");
    CHECK(plugin.roles[0].options[0].type == "duration");
    CHECK(plugin.roles[0].options[0].default_value == "1s");
    CHECK(plugin.roles[0].options[0].minimum == "1ms");
    CHECK(plugin.roles[0].options[0].maximum.empty());

    REQUIRE(listing.files.size() == 2);
    CHECK(listing.files[0].taken);
    CHECK(listing.files[0].verdict == "taken: claims-name 1.2.3");
    CHECK_FALSE(listing.files[1].taken);
    CHECK(listing.files[1].verdict.starts_with("refused: "));
    CHECK(listing.problems.size() == 1);
}

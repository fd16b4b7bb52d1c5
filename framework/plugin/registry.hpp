#pragma once

#include "role.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spaceframe::plugin_host
{

struct SearchFolder;

/// What became of a folder that was searched.
struct FolderVerdict
{
    std::filesystem::path path; ///< absolute
    std::string origin;         ///< who named it
    std::string verdict;        ///< for people
};

/// What became of a file that was looked at.
struct FileVerdict
{
    std::filesystem::path path;     ///< absolute, as it was found
    const Plugin* plugin = nullptr; ///< what was taken; nullptr when the file was refused, or seen before
    std::string verdict;            ///< for people: "taken: NAME VERSION", or the refusal with its remedy
    std::size_t folder = 0;         ///< where it was found: an index into folders()
};

/// The plug-ins of one manifest. Immutable after load(), so all functions may be called from any thread.
class Registry
{
public:
    /// Looks at what is built in and then at every *.so in the folders: `search` (absolute paths; a relative
    /// one is an error), SPACEFRAME_PLUGIN_PATH, and spaceframe/plugins beside the kernel's own library; in
    /// this order, in each by name. Never fails: what is wrong stands in errors(). A file that is seen twice
    /// counts once.
    static std::shared_ptr<Registry> load(const std::vector<std::filesystem::path>& search);

    /// A registry of plug-ins that are part of the program, such as a test's; looks at no file. Otherwise as
    /// load().
    static std::shared_ptr<Registry> from_descriptors(std::span<const sf_plugin* const> descriptors);

    /// The role of that kind and name; nullptr when nobody offers it. When it is claimed twice, the first to
    /// come.
    const Role* find(std::uint32_t kind, std::string_view name) const;

    /// The plug-ins that were taken, in the order in which they were found.
    std::vector<const Plugin*> plugins() const;

    /// Every folder that was searched, in order.
    const std::vector<FolderVerdict>& folders() const
    {
        return folders_;
    }

    /// Every file in them.
    const std::vector<FileVerdict>& files() const
    {
        return files_;
    }

    /// Sentences that name the file: broken files, two plug-ins that claim one role name (both named),
    /// folders that are not there or cannot be read.
    const std::vector<std::string>& errors() const
    {
        return errors_;
    }

private:
    Registry() = default;

    void load_built_in();
    void scan(const SearchFolder& folder);
    void look_at(const std::filesystem::path& path);
    void judge(const std::filesystem::path& path, const Plugin* plugin, std::string verdict);
    void claim(std::unique_ptr<Plugin> plugin);

    std::vector<std::unique_ptr<Plugin>> plugins_;
    std::vector<FolderVerdict> folders_;
    std::vector<FileVerdict> files_;
    std::vector<std::string> errors_;
    std::vector<std::filesystem::path> seen_; // links resolved
};

} // namespace spaceframe::plugin_host

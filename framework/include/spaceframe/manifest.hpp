#pragma once

#include <spaceframe/config.hpp>

#include <filesystem>
#include <iosfwd>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace spaceframe
{

namespace manifest
{
struct Access;
struct Description;
} // namespace manifest

struct PluginListing;

/// A manifest is wrong, or a plug-in file that was looked at for it is broken. All that is wrong is in one
/// object.
class SPACEFRAME_API ManifestError : public std::runtime_error
{
public:
    ManifestError(std::vector<std::string> problems, bool plugin_broken);
    ManifestError(const ManifestError&) = default;
    ManifestError& operator=(const ManifestError&) = default;
    ~ManifestError() override;

    /// One line each, sorted by line: "FILE:LINE: path.of.key: what was found, what was expected"; of a
    /// manifest in code there is no line, nor a FILE unless its builder was given a name. Broken plug-in
    /// files come first and are named instead of the manifest.
    const std::vector<std::string>& problems() const noexcept;
    /// True when a plug-in file is broken, or two claim one name.
    bool plugin_broken() const noexcept;

private:
    std::vector<std::string> problems_;
    bool plugin_broken_;
};

enum class ExplainFormat
{
    text, ///< as a manifest in INFO that says everything, with comments
    json
};

/// How a manifest is written. All forms say the same.
enum class ManifestForm
{
    automatic, ///< as the file's extension says (.info, .json, .xml); otherwise as the text begins: JSON with
               ///< `{`, XML with `<`, INFO with anything else
    info,
    json,
    xml
};

/// A checked manifest, with the plug-ins that it needs loaded. Immutable and cheap to copy; any thread.
///
/// docs/manifest.md describes the format. ManifestBuilder says the same in code.
class SPACEFRAME_API Manifest
{
public:
    /// Reads a file; relative paths in it start at its folder. Variables are taken from the environment of
    /// the process, which nobody may change meanwhile. Opens no socket. Throws ManifestError.
    static Manifest load(const std::filesystem::path& file, ManifestForm form = ManifestForm::automatic);
    /// The same from memory. `name` stands for the file in messages and says nothing of the form, relative
    /// paths start at `directory` (empty: the working directory).
    static Manifest parse(std::string_view text, const std::string& name = "manifest",
                          const std::filesystem::path& directory = {},
                          ManifestForm form = ManifestForm::automatic);
    /// The same from a stream, which is read to its end; its own flags and exceptions are left alone.
    static Manifest parse(std::istream& stream, const std::string& name = "manifest",
                          const std::filesystem::path& directory = {},
                          ManifestForm form = ManifestForm::automatic);

    /// The stack that the manifest leads to, with every default, and for each role that is used the
    /// plug-in's file and version.
    std::string explain(ExplainFormat format = ExplainFormat::text) const;

    /// What works but was hardly meant: "FILE:LINE: path.of.key: …".
    const std::vector<std::string>& warnings() const noexcept;

private:
    friend struct manifest::Access;
    Manifest(std::shared_ptr<const manifest::Description> description, std::vector<std::string> warnings);

    std::shared_ptr<const manifest::Description> description_;
    std::vector<std::string> warnings_;
};

/// All that a manifest of this version may say, as Markdown: the keys of each section and the options of each
/// role of `plugins` (see list_plugins()), with types, defaults and ranges, from the tables by which
/// manifests are checked. Any thread. Throws std::bad_alloc only.
SPACEFRAME_API std::string manifest_reference(const PluginListing& plugins);

} // namespace spaceframe

#include "conclude.hpp"
#include "explain.hpp"
#include "reader.hpp"
#include "source.hpp"

#include <spaceframe/manifest.hpp>

#include <fmt/format.h>

#include <utility>

namespace spaceframe
{
namespace
{

Manifest make(std::string text, ManifestForm form, const std::string& name,
              const std::filesystem::path& directory, manifest::Problems& problems)
{
    if (!manifest::check_source(text, problems))
    {
        manifest::raise(problems);
    }
    auto document = manifest::read_document(text, form, problems);
    if (!document)
    {
        manifest::raise(problems);
    }
    document->file = name;
    document->directory = directory;
    return manifest::conclude(std::move(*document), problems);
}

} // namespace

ManifestError::ManifestError(std::vector<std::string> problems, bool plugin_broken)
    : std::runtime_error(fmt::format("{}", fmt::join(problems, "\n")))
    , problems_(std::move(problems))
    , plugin_broken_(plugin_broken)
{}

ManifestError::~ManifestError() = default;

const std::vector<std::string>& ManifestError::problems() const noexcept
{
    return problems_;
}

bool ManifestError::plugin_broken() const noexcept
{
    return plugin_broken_;
}

Manifest Manifest::load(const std::filesystem::path& file, ManifestForm form)
{
    manifest::Problems problems(file.string());
    auto text = manifest::read_source(file, problems);
    if (!text)
    {
        manifest::raise(problems);
    }
    return make(std::move(*text), form == ManifestForm::automatic ? manifest::form_of(file) : form,
                file.string(), file.parent_path(), problems);
}

Manifest Manifest::parse(std::string_view text, const std::string& name,
                         const std::filesystem::path& directory, ManifestForm form)
{
    manifest::Problems problems(name);
    return make(std::string(text), form, name, directory, problems);
}

Manifest Manifest::parse(std::istream& stream, const std::string& name,
                         const std::filesystem::path& directory, ManifestForm form)
{
    manifest::Problems problems(name);
    auto text = manifest::read_source(stream, problems);
    if (!text)
    {
        manifest::raise(problems);
    }
    return make(std::move(*text), form, name, directory, problems);
}

std::string Manifest::explain(ExplainFormat format) const
{
    return format == ExplainFormat::json ? manifest::explain_json(*description_)
                                         : manifest::explain_text(*description_);
}

const std::vector<std::string>& Manifest::warnings() const noexcept
{
    return warnings_;
}

Manifest::Manifest(std::shared_ptr<const manifest::Description> description,
                   std::vector<std::string> warnings)
    : description_(std::move(description))
    , warnings_(std::move(warnings))
{}

} // namespace spaceframe

#include "reader.hpp"

#include "info_reader.hpp"
#include "json_reader.hpp"
#include "xml_reader.hpp"

#include <algorithm>
#include <utility>

namespace spaceframe::manifest
{
namespace
{

std::optional<Document> in_form(const char* first_line, std::optional<Document> document)
{
    if (document)
    {
        document->first_line = first_line;
    }
    return document;
}

} // namespace

ManifestForm form_of(const std::filesystem::path& file)
{
    std::string extension = file.extension().string();
    std::ranges::transform(extension, extension.begin(),
                           [](char c)
                           {
                               return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
                           });
    return extension == ".info"   ? ManifestForm::info
           : extension == ".json" ? ManifestForm::json
           : extension == ".xml"  ? ManifestForm::xml
                                  : ManifestForm::automatic;
}

ManifestForm form_of_text(std::string_view text)
{
    const std::size_t first = text.find_first_not_of(" \t\r\n\v\f");
    const char c = first == std::string_view::npos ? '\0' : text[first];
    return c == '{' ? ManifestForm::json : c == '<' ? ManifestForm::xml : ManifestForm::info;
}

std::optional<Document> read_document(const std::string& text, ManifestForm form, Problems& problems)
{
    switch (form == ManifestForm::automatic ? form_of_text(text) : form)
    {
    case ManifestForm::json:
        return in_form("\"spaceframe\": 1", read_json(text, problems));
    case ManifestForm::xml:
        return in_form("<manifest spaceframe=\"1\">", read_xml(text, problems));
    default:
        return read_info(text, problems);
    }
}

} // namespace spaceframe::manifest

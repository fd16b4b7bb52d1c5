#include "access.hpp"
#include "conclude.hpp"
#include "document.hpp"
#include "problems.hpp"
#include "text_checker.hpp"

#include <spaceframe/manifest_builder.hpp>

#include <cstddef>
#include <utility>

namespace spaceframe
{
namespace
{

using manifest::Document;
using manifest::Node;

// The sections of the document, where they stand in its root.
enum Section : std::size_t
{
    version,
    kernel,
    plugins,
    policies,
    sockets,
    proxies
};

Node& add_block(Node& parent, std::string_view key)
{
    Node& node = parent.children.emplace_back();
    node.key = key;
    node.has_block = true;
    return node;
}

void add_value(Node& parent, std::string_view key, std::string_view value)
{
    Node& node = parent.children.emplace_back();
    node.key = key;
    node.value = value;
    node.has_value = true;
}

Node& child(const std::shared_ptr<Document>& document, Section section, std::size_t index)
{
    return document->root.children[section].children[index];
}

} // namespace

PolicyBuilder::PolicyBuilder(std::shared_ptr<Document> document, std::size_t index)
    : document_(std::move(document))
    , index_(index)
{}

PolicyBuilder& PolicyBuilder::option(std::string_view key, const OptionValue& value)
{
    add_value(child(document_, policies, index_), key, value.text());
    return *this;
}

SocketBuilder::SocketBuilder(std::shared_ptr<Document> document, std::size_t index)
    : document_(std::move(document))
    , index_(index)
{}

SocketBuilder& SocketBuilder::bind(std::string_view endpoint, const std::vector<Option>& overrides)
{
    return this->endpoint("bind", endpoint, overrides);
}

SocketBuilder& SocketBuilder::connect(std::string_view endpoint, const std::vector<Option>& overrides)
{
    return this->endpoint("connect", endpoint, overrides);
}

SocketBuilder& SocketBuilder::protocol(std::string_view name)
{
    return option("protocol", name);
}

SocketBuilder& SocketBuilder::backpressure(std::string_view name)
{
    return option("backpressure", name);
}

SocketBuilder& SocketBuilder::reconnect(std::string_view name)
{
    return option("reconnect", name);
}

SocketBuilder& SocketBuilder::option(std::string_view key, const OptionValue& value)
{
    add_value(child(document_, sockets, index_), key, value.text());
    return *this;
}

SocketBuilder& SocketBuilder::endpoint(const char* key, std::string_view uri,
                                       const std::vector<Option>& overrides)
{
    Node& socket = child(document_, sockets, index_);
    if (overrides.empty())
    {
        add_value(socket, key, uri);
        return *this;
    }
    Node& block = add_block(socket, key);
    add_value(block, "endpoint", uri);
    for (const Option& each : overrides)
    {
        add_value(block, each.key, each.value.text());
    }
    return *this;
}

ManifestBuilder::ManifestBuilder(std::string name, std::filesystem::path directory)
    : document_(std::make_shared<Document>())
{
    document_->file = std::move(name);
    document_->directory = std::move(directory);
    add_value(document_->root, "spaceframe", "1");
    for (const char* section : {"kernel", "plugins", "policies", "sockets", "proxies"})
    {
        add_block(document_->root, section);
    }
}

ManifestBuilder::ManifestBuilder(ManifestBuilder&& other) noexcept = default;
ManifestBuilder& ManifestBuilder::operator=(ManifestBuilder&& other) noexcept = default;
ManifestBuilder::~ManifestBuilder() = default;

ManifestBuilder& ManifestBuilder::threads(unsigned count)
{
    add_value(document_->root.children[kernel], "threads", OptionValue(count).text());
    return *this;
}

ManifestBuilder& ManifestBuilder::spin(std::chrono::nanoseconds duration)
{
    add_value(document_->root.children[kernel], "spin", OptionValue(duration).text());
    return *this;
}

ManifestBuilder& ManifestBuilder::backpressure(std::string_view name)
{
    add_value(document_->root.children[kernel], "backpressure", std::string(name));
    return *this;
}

ManifestBuilder& ManifestBuilder::search(const std::filesystem::path& folder)
{
    add_value(document_->root.children[plugins], "search", folder.string());
    return *this;
}

PolicyBuilder ManifestBuilder::backpressure_policy(std::string_view name, std::string_view use)
{
    return policy("backpressure", name, use);
}

PolicyBuilder ManifestBuilder::reconnect_policy(std::string_view name, std::string_view use)
{
    return policy("reconnect", name, use);
}

PolicyBuilder ManifestBuilder::policy(const char* role, std::string_view name, std::string_view use)
{
    Node& section = document_->root.children[policies];
    Node& block = add_block(section, name);
    add_value(block, "role", role);
    add_value(block, "use", use);
    return {document_, section.children.size() - 1};
}

SocketBuilder ManifestBuilder::socket(std::string_view name, std::string_view pattern)
{
    Node& section = document_->root.children[sockets];
    add_value(add_block(section, name), "pattern", pattern);
    return {document_, section.children.size() - 1};
}

ManifestBuilder& ManifestBuilder::proxy(std::string_view name, std::string_view front, std::string_view back)
{
    Node& block = add_block(document_->root.children[proxies], name);
    add_value(block, "front", front);
    add_value(block, "back", back);
    return *this;
}

Manifest ManifestBuilder::build() const
{
    manifest::Problems problems(document_->file);
    return manifest::conclude(manifest::Access::document(*this, problems), problems);
}

manifest::Document manifest::Access::document(const ManifestBuilder& builder, Problems& problems)
{
    Document document = *builder.document_;
    check_texts(document, problems);
    return document;
}

} // namespace spaceframe

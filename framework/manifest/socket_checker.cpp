#include "socket_checker.hpp"

#include "../pattern/table.hpp"
#include "defaults.hpp"
#include "form.hpp"
#include "nearest.hpp"
#include "roles.hpp"
#include "structure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace spaceframe::manifest
{
namespace
{

std::vector<std::string> pattern_names()
{
    std::vector<std::string> result;
    for (const pattern::Row& row : pattern::patterns())
    {
        result.emplace_back(row.name);
    }
    return result;
}

void append_settings(std::vector<std::string>& keys, const std::string& pattern, bool at_endpoint)
{
    for (const SettingRow& row : setting_rows())
    {
        if ((pattern.empty() || applies_to(row, pattern)) && (!at_endpoint || row.scope == Scope::endpoint))
        {
            keys.emplace_back(row.option.key);
        }
    }
}

bool is_interval(const SettingRow& row)
{
    return std::holds_alternative<std::monostate>(row.field);
}

} // namespace

SocketChecker::SocketChecker(const Context& context, const Node& node, std::string path)
    : context_(context)
    , node_(node)
    , path_(std::move(path))
{}

SocketDescription SocketChecker::check()
{
    socket_.name = node_.key;
    socket_.position = context_.problems.position(node_.line, path_);
    if (!is_block(node_, path_, context_.problems))
    {
        return std::move(socket_);
    }
    socket_.given = gather_options(context_, node_, path_, socket_keys);
    read_pattern();
    read_roles();
    for (const Node& child : node_.children)
    {
        if (child.key == "bind" || child.key == "connect")
        {
            drafts_.push_back(read_endpoint(child, endpoint_path(child)));
        }
    }
    check_socket_options();
    for (Draft& draft : drafts_)
    {
        draft.endpoint.settings = socket_.settings;
        check_endpoint_options(draft);
        complete(draft);
        socket_.endpoints.push_back(std::move(draft.endpoint));
    }
    socket_.backpressure = backpressure_.use(socket_.given, {});
    socket_.protocol = protocol_.use(socket_.given, {});
    socket_.reconnect = reconnect_.use(socket_.given, {});
    return std::move(socket_);
}

void SocketChecker::read_pattern()
{
    const Node* node = find_child(node_, "pattern");
    if (node == nullptr)
    {
        return;
    }
    const std::string path = path_of(path_, node->key);
    if (!is_value(*node, path, context_.problems))
    {
        return;
    }
    const auto names = pattern_names();
    if (pattern::find_pattern(node->value) != nullptr)
    {
        socket_.pattern = node->value;
    }
    else
    {
        context_.problems.error(node->line, path,
                                fmt::format("found the pattern {}, expected one of {}{}", quote(node->value),
                                            join(names), did_you_mean(node->value, names)));
    }
}

void SocketChecker::read_roles()
{
    const Node* node = find_child(node_, "backpressure");
    const std::string path = path_of(path_, "backpressure");
    backpressure_.kind = SF_ROLE_BACKPRESSURE;
    if (node == nullptr || is_value(*node, path, context_.problems))
    {
        backpressure_ = choose(context_, SF_ROLE_BACKPRESSURE,
                               node == nullptr ? std::string(defaults::backpressure) : node->value,
                               node == nullptr ? node_.line : node->line, path);
    }
    protocol_ = choose_protocol(node_, path_, nullptr);
    reconnect_wish_ = read_reconnect(context_, node_, socket_.given, path_);
    auto reconnect = choose_reconnect(context_, reconnect_wish_, {}, path_);
    reconnect_ = reconnect ? std::move(*reconnect)
                           : choose(context_, SF_ROLE_RECONNECT, std::string(defaults::reconnect), node_.line,
                                    path_of(path_, "reconnect"));
}

Choice SocketChecker::choose_protocol(const Node& place, const std::string& path,
                                      const Choice* otherwise) const
{
    const Node* node = find_child(place, "protocol");
    const std::string node_path = path_of(path, "protocol");
    if (node == nullptr)
    {
        return otherwise != nullptr ? *otherwise
                                    : choose(context_, SF_ROLE_PROTOCOL, std::string(defaults::protocol),
                                             place.line, node_path);
    }
    Choice unresolved;
    unresolved.kind = SF_ROLE_PROTOCOL;
    return is_value(*node, node_path, context_.problems)
               ? choose(context_, SF_ROLE_PROTOCOL, node->value, node->line, node_path)
               : unresolved;
}

std::string SocketChecker::endpoint_path(const Node& node)
{
    const std::size_t number = ++(node.key == "bind" ? binds_ : connects_);
    const std::string path = path_of(path_, node.key);
    return node.line == 0 && number > 1 ? fmt::format("{}[{}]", path, number) : path;
}

SocketChecker::Draft SocketChecker::read_endpoint(const Node& node, std::string path) const
{
    Draft draft;
    draft.node = &node;
    draft.path = std::move(path);
    draft.endpoint.bind = node.key == "bind";
    draft.endpoint.position = context_.problems.position(node.line, draft.path);
    draft.protocol = protocol_;
    draft.reconnect = reconnect_;
    if (!node.has_block)
    {
        read_uri(draft, &node);
        return draft;
    }
    if (!is_block(node, draft.path, context_.problems))
    {
        return draft;
    }
    draft.given = gather_options(context_, node, draft.path, endpoint_keys);
    if (const Node* uri = find_child(node, "endpoint"))
    {
        read_uri(draft, uri);
    }
    draft.protocol = choose_protocol(node, draft.path, &protocol_);
    const ReconnectWish wish = read_reconnect(context_, node, draft.given, draft.path);
    if (!draft.endpoint.bind)
    {
        if (auto choice = choose_reconnect(context_, wish, reconnect_wish_, draft.path))
        {
            draft.reconnect = std::move(*choice);
        }
    }
    else if (wish.policy != nullptr)
    {
        context_.problems.error(wish.policy->line, path_of(draft.path, wish.policy->key),
                                "what listens does not reconnect; expected at connect only");
    }
    return draft;
}

void SocketChecker::read_uri(Draft& draft, const Node* uri) const
{
    const std::string path = uri == draft.node ? draft.path : path_of(draft.path, uri->key);
    if (!is_value(*uri, path, context_.problems))
    {
        return;
    }
    draft.endpoint.uri = uri->value;
    std::string problem;
    const auto parsed = parse_uri(uri->value, problem);
    if (parsed)
    {
        draft.transport = find_transport(context_.registry, parsed->scheme, problem);
        draft.endpoint.scheme = parsed->scheme;
        draft.endpoint.address = parsed->address;
        if (draft.transport != nullptr)
        {
            check_address(*draft.transport, *parsed, draft.endpoint.bind, problem);
        }
        if (problem.empty() && draft.endpoint.bind)
        {
            problem = check_unbound(draft.endpoint);
        }
    }
    if (!problem.empty())
    {
        context_.problems.error(uri->line, path, problem);
    }
}

std::string SocketChecker::check_unbound(const Endpoint& endpoint) const
{
    if (is_fresh_address(endpoint.address))
    {
        return {};
    }
    const auto is_same = [&](const Endpoint& other)
    {
        return other.bind && other.scheme == endpoint.scheme && other.address == endpoint.address;
    };
    const auto describe = [&](const Endpoint& other)
    {
        return fmt::format("found {}, which is bound already: {}; expected another address",
                           quote(endpoint.uri), other.position);
    };
    for (const SocketDescription& socket : context_.description.sockets)
    {
        const auto found = std::ranges::find_if(socket.endpoints, is_same);
        if (found != socket.endpoints.end())
        {
            return describe(*found);
        }
    }
    const auto found = std::ranges::find_if(drafts_, is_same, &Draft::endpoint);
    return found == drafts_.end() ? std::string() : describe(found->endpoint);
}

void SocketChecker::check_socket_options()
{
    RolesInPlay roles;
    backpressure_.add_to(roles);
    protocol_.add_to(roles);
    reconnect_.add_to(roles);
    for (const Draft& draft : drafts_)
    {
        draft.protocol.add_to(roles);
        draft.reconnect.add_to(roles);
        draft.transport == nullptr ? roles.add_unresolved(SF_ROLE_TRANSPORT) : roles.add(draft.transport);
    }
    if (drafts_.empty())
    {
        // The host adds endpoints of any transport.
        for (const plugin_host::Role* role : roles_of(context_.registry, SF_ROLE_TRANSPORT))
        {
            roles.add(role);
        }
    }
    std::vector<std::string> known = names_of(socket_keys);
    append_settings(known, socket_.pattern, false);
    roles.append_keys(known);
    for (const GivenOption& option : socket_.given)
    {
        const std::string path = path_of(path_, option.key);
        const SettingRow* row = find_setting(option.key);
        if (row != nullptr)
        {
            check_setting(context_, *row, option, path, socket_.pattern, socket_.settings);
        }
        if (!roles.check(context_, option, path) && row == nullptr)
        {
            report_stray_option(context_, option, path, known);
        }
    }
    warn_of_unheeded_options();
    if (socket_.settings.request_timeout != infinite)
    {
        // A reply that comes after the timeout must not be taken for that of the next request.
        socket_.settings.req_correlate = true;
    }
}

void SocketChecker::warn_of_unheeded_options() const
{
    const auto expiry = std::ranges::find(socket_.given, "peer_loss_expiry", &GivenOption::key);
    if (expiry != socket_.given.end() && socket_.settings.on_peer_loss != OnPeerLoss::expire &&
        socket_.settings.peer_loss_expiry != Settings().peer_loss_expiry)
    {
        context_.problems.warning(expiry->line, path_of(path_, expiry->key),
                                  "nothing expires; expected beside on_peer_loss expire");
    }
    warn_of_unheeded_marks(socket_.given, path_);
    for (const Draft& draft : drafts_)
    {
        warn_of_unheeded_marks(draft.given, draft.path);
    }
}

void SocketChecker::warn_of_unheeded_marks(const std::vector<GivenOption>& given,
                                           const std::string& path) const
{
    if (socket_.settings.conflate == Conflate::off)
    {
        return;
    }
    for (const GivenOption& option : given)
    {
        // What returns is bounded by send_hwm.
        const bool is_mark =
            (option.key == "send_hwm" && socket_.settings.on_peer_loss != OnPeerLoss::give_back) ||
            option.key == "send_hwm_bytes";
        if (is_mark && option.text != find_setting(option.key)->option.default_value)
        {
            context_.problems.warning(option.line, path_of(path, option.key),
                                      "no high-water mark for sending holds beside conflate; leave it out");
        }
    }
}

void SocketChecker::check_endpoint_options(Draft& draft) const
{
    RolesInPlay roles;
    draft.protocol.add_to(roles);
    draft.transport == nullptr ? roles.add_unresolved(SF_ROLE_TRANSPORT) : roles.add(draft.transport);
    if (!draft.endpoint.bind)
    {
        draft.reconnect.add_to(roles);
    }
    std::vector<std::string> known = names_of(endpoint_keys);
    append_settings(known, socket_.pattern, true);
    roles.append_keys(known);
    for (const GivenOption& option : draft.given)
    {
        const std::string path = path_of(draft.path, option.key);
        const SettingRow* row = find_setting(option.key);
        if (row != nullptr && is_interval(*row) && draft.endpoint.bind)
        {
            context_.problems.error(option.line, path,
                                    "what listens does not reconnect; expected at connect only");
            continue;
        }
        const bool is_setting = row != nullptr && row->scope == Scope::endpoint;
        if (is_setting)
        {
            check_setting(context_, *row, option, path, socket_.pattern, draft.endpoint.settings);
        }
        if (!roles.check(context_, option, path) && !is_setting)
        {
            report_stray_option(context_, option, path, known);
        }
    }
}

void SocketChecker::complete(Draft& draft) const
{
    if (draft.transport != nullptr)
    {
        draft.endpoint.transport = use_role(*draft.transport, socket_.given, draft.given);
    }
    draft.endpoint.protocol = draft.protocol.use(socket_.given, draft.given);
    if (!draft.endpoint.bind)
    {
        draft.endpoint.reconnect = draft.reconnect.use(socket_.given, draft.given);
    }
}

} // namespace spaceframe::manifest

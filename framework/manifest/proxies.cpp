#include "proxies.hpp"

#include "../pattern/table.hpp"
#include "form.hpp"
#include "nearest.hpp"
#include "structure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

namespace spaceframe::manifest
{
namespace
{

bool receives(const pattern::Row& row) noexcept
{
    return row.inbound != pattern::Inbound::none;
}

bool sends(const pattern::Row& row) noexcept
{
    return row.outbound != pattern::Outbound::none;
}

bool handles_one_at_a_time(const pattern::Row& row) noexcept
{
    return row.inbound == pattern::Inbound::lockstep;
}

// The patterns that a proxy can use, and that do what the filter says.
std::vector<std::string> patterns_that(bool (*filter)(const pattern::Row&) noexcept)
{
    std::vector<std::string> names;
    for (const pattern::Row& row : pattern::patterns())
    {
        if (!handles_one_at_a_time(row) && filter(row))
        {
            names.emplace_back(row.name);
        }
    }
    return names;
}

class ProxyChecker
{
public:
    explicit ProxyChecker(const Context& context) : context_(context)
    {
        for (const SocketDescription& socket : context.description.sockets)
        {
            names_.push_back(socket.name);
            patterns_.emplace(socket.name, socket.pattern);
            if (socket.settings.on_peer_loss == OnPeerLoss::give_back)
            {
                returning_.insert(socket.name);
            }
        }
    }

    void check(const Node& node, const std::string& path)
    {
        if (!is_block(node, path, context_.problems))
        {
            return;
        }
        const Siblings siblings(node);
        for (const Node& child : node.children)
        {
            const std::string child_path = path_of(path, child.key);
            if (siblings.is_unique(child, child_path, context_.problems) &&
                find_key(proxy_keys, child.key) == nullptr)
            {
                report_unknown(child, child_path, names_of(proxy_keys), context_.problems);
            }
        }
        require_keys(context_, node, path, proxy_keys);
        ProxyDescription proxy;
        proxy.name = node.key;
        proxy.position = context_.problems.position(node.line, path);
        proxy.front = socket_of(node, path, "front");
        proxy.back = socket_of(node, path, "back");
        check_passage(proxy, node.line, path);
        context_.description.proxies.push_back(std::move(proxy));
    }

private:
    std::string socket_of(const Node& proxy, const std::string& proxy_path, const std::string& key)
    {
        const Node* node = find_child(proxy, key);
        const std::string path = path_of(proxy_path, key);
        if (node == nullptr || !is_value(*node, path, context_.problems))
        {
            return {};
        }
        const auto socket = patterns_.find(node->value);
        if (socket == patterns_.end())
        {
            context_.problems.error(
                node->line, path,
                names_.empty()
                    ? fmt::format("found the socket {}, but sockets defines none", quote(node->value))
                    : fmt::format("found the socket {}, expected one of {}{}", quote(node->value),
                                  join(names_), did_you_mean(node->value, names_)));
            return {};
        }
        const pattern::Row* row = pattern::find_pattern(socket->second);
        if (row != nullptr && handles_one_at_a_time(*row))
        {
            context_.problems.error(node->line, path,
                                    fmt::format("the socket {} is a {}, which handles one request at a time, "
                                                "expected a router or dealer",
                                                quote(node->value), socket->second));
        }
        if (returning_.contains(node->value))
        {
            context_.problems.error(
                node->line, path,
                fmt::format("the socket {} has on_peer_loss return, and nobody receives what "
                            "returns to a proxy, expected keep, expire or drop",
                            quote(node->value)));
        }
        const auto [use, first] = used_.emplace(node->value, path);
        if (!first)
        {
            context_.problems.error(node->line, path,
                                    fmt::format("the socket {} is used by {} already, expected another one",
                                                quote(node->value), use->second));
        }
        return node->value;
    }

    // Something passes where one side receives and the other sends.
    void check_passage(const ProxyDescription& proxy, int line, const std::string& path)
    {
        const pattern::Row* front = row_of(proxy.front);
        const pattern::Row* back = row_of(proxy.back);
        if (front == nullptr || back == nullptr || (receives(*front) && sends(*back)) ||
            (receives(*back) && sends(*front)))
        {
            return;
        }
        const bool both_send = sends(*front);
        context_.problems.error(
            line, path,
            fmt::format(
                "nothing can pass: the front {} is a {} and the back {} a {}, and neither {}, expected "
                "one of {} on one side",
                quote(proxy.front), front->name, quote(proxy.back), back->name,
                both_send ? "receives" : "sends", join(patterns_that(both_send ? receives : sends))));
    }

    // The row of a socket that exists.
    const pattern::Row* row_of(const std::string& socket) const
    {
        const auto found = patterns_.find(socket);
        return found == patterns_.end() ? nullptr : pattern::find_pattern(found->second);
    }

    const Context& context_;
    std::vector<std::string> names_;                        // in the manifest's order, for messages
    std::unordered_map<std::string, std::string> patterns_; // by name
    std::set<std::string> returning_;                       // to which messages of lost peers return
    std::map<std::string, std::string> used_;               // socket, path
};

} // namespace

void check_proxies(const Context& context, const Node& section)
{
    ProxyChecker checker(context);
    const Siblings siblings(section);
    for (const Node& node : section.children)
    {
        const std::string path = path_of("proxies", node.key);
        if (is_name(node, path, context.problems) && siblings.is_unique(node, path, context.problems))
        {
            checker.check(node, path);
        }
    }
}

} // namespace spaceframe::manifest

#pragma once

#include "endpoint.hpp"
#include "options.hpp"
#include "policies.hpp"
#include "reconnect.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace spaceframe::manifest
{

/// Checks one socket with its endpoints. An endpoint is read before the socket's options can be judged (its
/// roles may know them), and completed after.
class SocketChecker
{
public:
    SocketChecker(const Context& context, const Node& node, std::string path);

    /// Reports what is wrong; the description is complete only when nothing is.
    SocketDescription check();

private:
    struct Draft
    {
        const Node* node = nullptr;
        std::string path;
        Endpoint endpoint;
        const plugin_host::Role* transport = nullptr;
        Choice protocol;
        Choice reconnect;
        std::vector<GivenOption> given;
    };

    void read_pattern();
    void read_roles();
    Choice choose_protocol(const Node& place, const std::string& path, const Choice* otherwise) const;
    // In code, where no line tells endpoints apart, a number does.
    std::string endpoint_path(const Node& node);
    Draft read_endpoint(const Node& node, std::string path) const;
    void read_uri(Draft& draft, const Node* uri) const;
    // Why what is bound before leaves no room for an endpoint; empty when it does.
    std::string check_unbound(const Endpoint& endpoint) const;
    void check_socket_options();
    void warn_of_unheeded_options() const;
    void warn_of_unheeded_marks(const std::vector<GivenOption>& given, const std::string& path) const;
    void check_endpoint_options(Draft& draft) const;
    void complete(Draft& draft) const;

    const Context& context_;
    const Node& node_;
    const std::string path_;
    SocketDescription socket_;
    Choice backpressure_;
    Choice protocol_;
    Choice reconnect_;
    ReconnectWish reconnect_wish_;
    std::vector<Draft> drafts_;
    std::size_t binds_ = 0;
    std::size_t connects_ = 0;
};

} // namespace spaceframe::manifest

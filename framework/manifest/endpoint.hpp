#pragma once

#include "../plugin/registry.hpp"
#include "../plugin/role.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace spaceframe::manifest
{

/// The two halves of an endpoint.
struct Uri
{
    std::string scheme;
    std::string address;
};

/// Takes SCHEME://ADDRESS apart; nothing, and the reason in `problem`, for anything else.
std::optional<Uri> parse_uri(std::string_view text, std::string& problem);

/// The transport that serves a scheme; nullptr and the reason when nobody does.
const plugin_host::Role* find_transport(const plugin_host::Registry& registry, const std::string& scheme,
                                        std::string& problem);

/// Asks the transport whether it can listen at, or dial, an address. No I/O. `problem` receives the
/// transport's own words.
bool check_address(const plugin_host::Role& transport, const Uri& uri, bool listening, std::string& problem);

/// Does each listener at such an address get a fresh one? So it is, by convention, where it is `*`, or ends
/// in `:*` or `:0`.
bool is_fresh_address(std::string_view address);

} // namespace spaceframe::manifest

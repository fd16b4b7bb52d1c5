#include "endpoint.hpp"

#include "check_host.hpp"
#include "nearest.hpp"
#include "problems.hpp"
#include "roles.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace spaceframe::manifest
{
namespace
{

bool is_scheme(std::string_view text)
{
    const auto allowed = [](char c)
    {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '+' ||
               c == '.';
    };
    return !text.empty() && std::ranges::all_of(text, allowed);
}

std::string lower(std::string_view text)
{
    std::string result(text);
    for (char& c : result)
    {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return result;
}

} // namespace

std::optional<Uri> parse_uri(std::string_view text, std::string& problem)
{
    constexpr std::string_view separator = "://";
    const std::size_t end = text.find(separator);
    if (end == std::string_view::npos || !is_scheme(text.substr(0, end)))
    {
        problem = fmt::format("found {}, expected TRANSPORT://ADDRESS", quote(text));
        if (const std::string scheme = lower(text.substr(0, end));
            end != std::string_view::npos && is_scheme(scheme))
        {
            problem += fmt::format(" with a transport in lower case; did you mean {}?",
                                   quote(scheme + std::string(text.substr(end))));
        }
        return std::nullopt;
    }
    Uri uri{std::string(text.substr(0, end)), std::string(text.substr(end + separator.size()))};
    if (uri.address.empty())
    {
        problem = fmt::format("found {} without an address, expected {}://ADDRESS", quote(text), uri.scheme);
        return std::nullopt;
    }
    return uri;
}

const plugin_host::Role* find_transport(const plugin_host::Registry& registry, const std::string& scheme,
                                        std::string& problem)
{
    const plugin_host::Role* role = registry.find(SF_ROLE_TRANSPORT, scheme);
    if (role == nullptr)
    {
        problem = describe_missing(registry, SF_ROLE_TRANSPORT, scheme, {});
    }
    return role;
}

bool check_address(const plugin_host::Role& transport, const Uri& uri, bool listening, std::string& problem)
{
    CheckHost host;
    const sf_status status =
        transport.as<sf_transport>().check_address(host.get(), uri.address.c_str(), listening ? 1 : 0);
    if (status == SF_OK || status == SF_UNSUPPORTED)
    {
        return true;
    }
    problem = fmt::format("transport {} cannot {} {}: {}", transport.name, listening ? "listen at" : "dial",
                          quote(uri.address),
                          host.reason().empty() ? std::string("the address is malformed") : host.reason());
    return false;
}

bool is_fresh_address(std::string_view address)
{
    return address == "*" || address.ends_with(":*") || address.ends_with(":0");
}

} // namespace spaceframe::manifest

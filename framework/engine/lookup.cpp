#include "engine/lookup.hpp"

#include "engine/failure.hpp"
#include "engine/loop.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <vector>

using boost::asio::ip::tcp;

/// A resolution under way. Deletes itself after its callback.
struct sf_lookup
{
    explicit sf_lookup(boost::asio::io_context& context) : resolver(context)
    {}

    tcp::resolver resolver;
    std::string node;
    bool cancelled = false;
};

namespace spaceframe::engine
{
namespace
{

struct Completion
{
    std::unique_ptr<sf_lookup> lookup;
    sf_resolved callback;
    void* context;

    void operator()(const error_code& error, const tcp::resolver::results_type& results) const
    {
        if (lookup->cancelled || error == boost::asio::error::operation_aborted)
        {
            callback(context, SF_CANCELLED, nullptr, 0);
            return;
        }
        if (error || results.empty())
        {
            note_failure(SF_NOT_FOUND, 0,
                         ("the host name '" + lookup->node + "' cannot be resolved: " +
                          (error ? error.message() : std::string("it has no address")))
                             .c_str());
            callback(context, SF_NOT_FOUND, nullptr, 0);
            return;
        }
        std::vector<sf_address> addresses;
        for (const auto& entry : results)
        {
            const tcp::endpoint endpoint = entry.endpoint();
            sf_address address{};
            address.length = static_cast<std::uint32_t>(endpoint.size());
            std::memcpy(address.bytes, endpoint.data(), endpoint.size());
            addresses.push_back(address);
        }
        callback(context, SF_OK, addresses.data(), addresses.size());
    }
};

} // namespace

sf_status resolve(const sf_host* /*host*/, sf_loop* loop, const char* node, const char* service,
                  uint32_t flags, sf_resolved callback, void* context, sf_lookup** lookup)
{
    try
    {
        Loop& target = Loop::from(loop);
        auto made = std::make_unique<sf_lookup>(target.context());
        sf_lookup& self = *made;
        const std::string_view text = node;
        self.node = text == "*" ? std::string() : std::string(text);

        auto options = boost::asio::ip::resolver_base::numeric_service;
        if ((flags & SF_RESOLVE_PASSIVE) != 0)
        {
            options |= boost::asio::ip::resolver_base::passive;
        }
        const bool numeric = self.node.empty() || (flags & SF_RESOLVE_NUMERIC) != 0;
        if (numeric)
        {
            options |= boost::asio::ip::resolver_base::numeric_host;
        }
        if (lookup != nullptr)
        {
            *lookup = &self;
        }
        const bool ipv6 = (flags & SF_RESOLVE_IPV6) != 0;
        if (numeric)
        {
            error_code error;
            auto results = ipv6 ? self.resolver.resolve(self.node, service, options, error)
                                : self.resolver.resolve(tcp::v4(), self.node, service, options, error);
            target.post(
                [completion = Completion{std::move(made), callback, context}, error,
                 results = std::move(results)]
                {
                    completion(error, results);
                });
        }
        else if (ipv6)
        {
            self.resolver.async_resolve(self.node, service, options,
                                        Completion{std::move(made), callback, context});
        }
        else
        {
            self.resolver.async_resolve(tcp::v4(), self.node, service, options,
                                        Completion{std::move(made), callback, context});
        }
        return SF_OK;
    }
    catch (const std::bad_alloc&)
    {
        return SF_NO_MEMORY;
    }
}

void resolve_cancel(const sf_host* /*host*/, sf_lookup* lookup)
{
    lookup->cancelled = true;
    lookup->resolver.cancel();
}

} // namespace spaceframe::engine

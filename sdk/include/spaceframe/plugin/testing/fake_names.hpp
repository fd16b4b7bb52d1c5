#pragma once

#include <spaceframe/plugin/abi.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <netdb.h>
#include <sys/socket.h>

namespace spaceframe::plugin::testing
{

// The resolver of a FakeHost: names that the test defines, and the system's for all others.
class FakeNames
{
public:
    // Answers lookups of `node` with these numeric addresses, in this order. An empty list makes the lookup
    // fail with SF_NOT_FOUND.
    void define(std::string node, std::vector<std::string> addresses)
    {
        names_[std::move(node)] = std::move(addresses);
    }

    // As sf_host.resolve, but at once; asking the system may block.
    sf_status answer(const std::string& node, const std::string& service, std::uint32_t flags,
                     std::vector<sf_address>& addresses) const
    {
        const auto known = names_.find(node);
        if (known == names_.end())
        {
            return ask_system(node, service, flags, addresses);
        }
        for (const std::string& numeric : known->second)
        {
            ask_system(numeric, service, flags | SF_RESOLVE_NUMERIC, addresses);
        }
        return addresses.empty() ? SF_NOT_FOUND : SF_OK;
    }

private:
    static sf_status ask_system(const std::string& node, const std::string& service, std::uint32_t flags,
                                std::vector<sf_address>& addresses)
    {
        addrinfo hints{};
        hints.ai_socktype = SOCK_STREAM;
        hints.ai_family = (flags & SF_RESOLVE_IPV6) != 0 ? AF_UNSPEC : AF_INET;
        hints.ai_flags = AI_NUMERICSERV | ((flags & SF_RESOLVE_PASSIVE) != 0 ? AI_PASSIVE : 0) |
                         ((flags & SF_RESOLVE_NUMERIC) != 0 ? AI_NUMERICHOST : 0);
        const bool any = node.empty() || node == "*";
        addrinfo* found = nullptr;
        if (::getaddrinfo(any ? nullptr : node.c_str(), service.c_str(), &hints, &found) != 0)
        {
            return SF_NOT_FOUND;
        }
        for (const addrinfo* one = found; one != nullptr; one = one->ai_next)
        {
            sf_address address{};
            address.length = static_cast<std::uint32_t>(one->ai_addrlen);
            std::memcpy(address.bytes, one->ai_addr, one->ai_addrlen);
            addresses.push_back(address);
        }
        ::freeaddrinfo(found);
        return SF_OK;
    }

    std::map<std::string, std::vector<std::string>> names_;
};

} // namespace spaceframe::plugin::testing

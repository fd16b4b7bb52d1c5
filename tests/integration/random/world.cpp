#include "world.hpp"

#include <algorithm>
#include <cctype>

namespace spaceframe::testing
{
namespace
{

struct Pair
{
    const char* one;
    const char* other;
};

constexpr std::initializer_list<Pair> pairs{{"pair", "pair"},     {"push", "pull"},  {"dealer", "dealer"},
                                            {"dealer", "router"}, {"dealer", "rep"}, {"router", "router"},
                                            {"router", "req"},    {"req", "rep"},    {"pub", "sub"},
                                            {"pub", "xsub"},      {"xpub", "sub"},   {"xpub", "xsub"}};

bool talk(const std::string& one, const std::string& other)
{
    return std::any_of(pairs.begin(), pairs.end(),
                       [&](const Pair& pair)
                       {
                           return (one == pair.one && other == pair.other) ||
                                  (one == pair.other && other == pair.one);
                       });
}

std::string pattern_for(const std::string& pattern, Chance& chance)
{
    for (;;)
    {
        const Pair pair = pairs.begin()[chance.below(pairs.size())];
        if (pattern == pair.one)
        {
            return pair.other;
        }
        if (pattern == pair.other)
        {
            return pair.one;
        }
    }
}

std::string key(const char* name, const std::string& value)
{
    return std::string(name) + ' ' + value + '\n';
}

std::string budget(const char* name, Chance& chance)
{
    return std::string(name) + "\n{\nrole backpressure\nuse semaphore\n" +
           key("bytes", chance.any_of<std::string>({"1KiB", "4KiB", "32KiB", "256KiB", "2MiB"})) +
           key("oversize", chance.any_of<std::string>({"refuse", "alone"})) + "}\n";
}

std::string marks(Chance& chance)
{
    std::string lines;
    if (chance.percent(50))
    {
        lines += key("send_hwm", chance.any_of<std::string>({"0", "1", "2", "5", "50"}));
    }
    if (chance.percent(50))
    {
        lines += key("recv_hwm", chance.any_of<std::string>({"0", "1", "2", "5", "50"}));
    }
    if (chance.percent(30))
    {
        lines += key("send_hwm_bytes", chance.any_of<std::string>({"1KiB", "30KiB", "500KiB"}));
    }
    if (chance.percent(30))
    {
        lines += key("backpressure", chance.any_of<std::string>({"small", "other", "noop"}));
    }
    return lines;
}

// "true" to one of four.
std::string flag(const char* name, Chance& chance)
{
    return chance.percent(25) ? key(name, "true") : "";
}

std::string options(World::Member& member, Chance& chance)
{
    const std::string& pattern = member.pattern;
    std::string lines = flag("immediate", chance);
    lines += key("reconnect_ivl", "2ms") + key("send_timeout", "1ms");
    lines += key("linger", chance.any_of<std::string>({"0ms", "5ms", "infinite"}));
    if (pattern == "router" || pattern == "dealer" || pattern == "req")
    {
        member.probes = chance.percent(15);
        lines += member.probes ? "probe_router true\n" : "";
        lines += chance.percent(70) ? key("identity", chance.any_of<std::string>({"Ada", "Bob", "Eve"})) : "";
    }
    if (pattern == "push" || pattern == "dealer" || pattern == "pair" || pattern == "router" ||
        pattern == "pub" || pattern == "xpub")
    {
        lines += key("on_full", chance.any_of<std::string>({"default", "default", "wait", "refuse",
                                                            "drop_newest", "drop_oldest", "disconnect"}));
    }
    if (pattern == "push" || pattern == "dealer" || pattern == "pair" || pattern == "router")
    {
        lines += chance.any_of<std::string>({"", "on_peer_loss keep\n", "on_peer_loss drop\n",
                                             "on_peer_loss return\n", "on_peer_loss return\n",
                                             "on_peer_loss expire\npeer_loss_expiry 1ms\n",
                                             "on_peer_loss expire\npeer_loss_expiry 3ms\n"});
    }
    if (pattern == "router")
    {
        lines += flag("router_mandatory", chance) + flag("router_handover", chance);
        lines += chance.percent(40) ? key("connect_routing_id", "there") : "";
    }
    if (pattern == "req")
    {
        lines += flag("req_relaxed", chance) + flag("req_correlate", chance);
        lines += chance.percent(60) ? key("request_timeout", "3ms") : "";
    }
    if (pattern == "sub" || pattern == "xsub")
    {
        lines += chance.percent(80) ? key("subscribe", chance.any_of<std::string>({"\"\"", "a", "b"})) : "";
    }
    if (pattern == "xpub" || pattern == "pub")
    {
        lines += flag("xpub_nodrop", chance);
        lines += chance.percent(20) ? key("stall_timeout", "5ms") : "";
        lines += chance.percent(10) ? key("max_subscriptions", "2") : "";
    }
    if (pattern == "xpub")
    {
        lines += chance.any_of<std::string>({"", "xpub_verbose true\n", "xpub_verboser true\n"});
        lines += flag("xpub_manual", chance);
        member.welcomes = chance.percent(20);
        lines += member.welcomes ? key("xpub_welcome_msg", "welcome") : "";
    }
    return lines;
}

} // namespace

World::World(Chance& chance)
    : threads(static_cast<unsigned>(chance.below(3)))
    , kernel(chance.percent(40) ? "backpressure shared\n" : "")
    , policies("policies\n{\n" + budget("small", chance) + budget("other", chance) +
               budget("shared", chance) + "}\n")
{
    const std::size_t count = 1 + chance.below(8);
    for (std::size_t i = 0; i < count; ++i)
    {
        Member member;
        member.name = "socket" + std::to_string(i);
        member.pattern = i > 0 && chance.percent(80) ? pattern_for(members[chance.below(i)].pattern, chance)
                                                     : pairs.begin()[chance.below(pairs.size())].one;
        member.lines = options(member, chance) + marks(chance);
        member.lines += chance.percent(50) ? "bind tcp://127.0.0.1:*\n"
                                           : "bind\n{\nendpoint tcp://127.0.0.1:*\nsndbuf 16KiB\n}\n";
        members.push_back(member);
        for (std::size_t other = 0; other < i; ++other)
        {
            // Some of those that cannot talk try to.
            const bool may = talk(members[i].pattern, members[other].pattern);
            if (chance.percent(may ? 75 : 3))
            {
                links.push_back(chance.percent(50) ? Link{i, other} : Link{other, i});
            }
        }
    }
}

Plan World::plan() const
{
    std::string sockets;
    for (const Member& member : members)
    {
        sockets += socket_lines(member.name, member.pattern, member.lines);
    }
    return {.threads = threads, .kernel = kernel, .sockets = sockets, .more = policies};
}

std::string partner_of(const std::string& pattern, Chance& chance)
{
    std::string partner = pattern_for(pattern, chance);
    std::ranges::transform(partner, partner.begin(),
                           [](unsigned char letter)
                           {
                               return static_cast<char>(std::toupper(letter));
                           });
    return partner;
}

} // namespace spaceframe::testing

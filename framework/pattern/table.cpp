#include "pattern/table.hpp"

#include <algorithm>
#include <array>

namespace spaceframe::pattern
{
namespace
{

// clang-format off
constexpr std::array<Row, 11> table{{
    // name      wire      peers                 outbound                inbound               when full              envelope            identity subs
    {"pair",   "PAIR",   "PAIR",               Outbound::exclusive,    Inbound::fair_queue, WhenFull::wait,        Envelope::none,      false, false},
    {"push",   "PUSH",   "PULL",               Outbound::load_balance, Inbound::none,       WhenFull::wait,        Envelope::none,      false, false},
    {"pull",   "PULL",   "PUSH",               Outbound::none,         Inbound::fair_queue, WhenFull::wait,        Envelope::none,      false, false},
    {"dealer", "DEALER", "DEALER ROUTER REP",  Outbound::load_balance, Inbound::fair_queue, WhenFull::wait,        Envelope::none,      true,  false},
    {"router", "ROUTER", "DEALER ROUTER REQ",  Outbound::route,        Inbound::fair_queue, WhenFull::drop_newest,  Envelope::identity,  true,  false},
    {"req",    "REQ",    "REP ROUTER",         Outbound::load_balance, Inbound::lockstep,   WhenFull::wait,        Envelope::delimiter, true,  false},
    {"rep",    "REP",    "REQ DEALER",         Outbound::reply,        Inbound::lockstep,   WhenFull::drop_newest,  Envelope::trace,     false, false},
    {"pub",    "PUB",    "SUB XSUB",           Outbound::fan_out,      Inbound::none,       WhenFull::drop_newest,  Envelope::none,      false, false},
    {"sub",    "SUB",    "PUB XPUB",           Outbound::none,         Inbound::filtered,   WhenFull::drop_newest,  Envelope::none,      false, true},
    {"xpub",   "XPUB",   "SUB XSUB",           Outbound::fan_out,      Inbound::fair_queue, WhenFull::drop_newest,  Envelope::none,      false, false},
    {"xsub",   "XSUB",   "PUB XPUB",           Outbound::upstream,     Inbound::fair_queue, WhenFull::drop_newest,  Envelope::none,      false, true},
}};
// clang-format on

} // namespace

std::span<const Row> patterns() noexcept
{
    return table;
}

const Row* find_pattern(std::string_view name) noexcept
{
    const auto found = std::find_if(table.begin(), table.end(),
                                    [name](const Row& row)
                                    {
                                        return row.name == name;
                                    });
    return found == table.end() ? nullptr : &*found;
}

bool may_talk(const Row& row, std::string_view wire_name) noexcept
{
    if (wire_name.empty())
    {
        return true;
    }
    std::string_view rest = row.peers;
    while (!rest.empty())
    {
        const std::size_t blank = rest.find(' ');
        if (rest.substr(0, blank) == wire_name)
        {
            return true;
        }
        rest.remove_prefix(blank == std::string_view::npos ? rest.size() : blank + 1);
    }
    return false;
}

} // namespace spaceframe::pattern

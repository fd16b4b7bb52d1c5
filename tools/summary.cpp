#include "summary.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdint>

namespace tool
{
namespace
{

using Json = nlohmann::ordered_json;

Json ledger_object(const spaceframe::Ledger& ledger)
{
    return {
        {"accepted", ledger.accepted},
        {"written", ledger.written},
        {"queued", ledger.queued},
        {"restored", ledger.restored},
        {"dropped_unroutable", ledger.dropped_unroutable},
        {"dropped_full", ledger.dropped_full},
        {"dropped_peer_lost", ledger.dropped_peer_lost},
        {"dropped_unsendable", ledger.dropped_unsendable},
        {"dropped_closed", ledger.dropped_closed},
        {"dropped_abandoned", ledger.dropped_abandoned},
        {"accepted_bytes", ledger.accepted_bytes},
        {"written_bytes", ledger.written_bytes},
        {"arrived", ledger.arrived},
        {"delivered", ledger.delivered},
        {"pending", ledger.pending},
        {"dropped_incoming", ledger.dropped_incoming},
        {"dropped_malformed", ledger.dropped_malformed},
        {"dropped_unexpected", ledger.dropped_unexpected},
        {"arrived_bytes", ledger.arrived_bytes},
        {"connections", ledger.connections},
        {"reconnects", ledger.reconnects},
        {"failures", ledger.failures},
        {"peers", ledger.peers},
    };
}

std::uint64_t dropped(const spaceframe::Ledger& ledger)
{
    return ledger.dropped_unroutable + ledger.dropped_full + ledger.dropped_peer_lost +
           ledger.dropped_unsendable + ledger.dropped_closed + ledger.dropped_abandoned +
           ledger.dropped_incoming + ledger.dropped_malformed + ledger.dropped_unexpected;
}

} // namespace

std::string summary_table(const std::vector<spaceframe::Socket>& sockets)
{
    std::string result = fmt::format("{:<16} {:<8} {:>12} {:>12} {:>9} {:>9} {:>11} {:>10} {:>8} {:>8}\n",
                                     "socket", "pattern", "arrived", "written", "dropped", "queued",
                                     "connections", "reconnects", "failures", "waited");
    for (const auto& socket : sockets)
    {
        const auto ledger = socket.ledger();
        result += fmt::format("{:<16} {:<8} {:>12} {:>12} {:>9} {:>9} {:>11} {:>10} {:>8} {:>8}\n",
                              socket.name(), socket.pattern(), ledger.arrived, ledger.written,
                              dropped(ledger), ledger.queued + ledger.pending, ledger.connections,
                              ledger.reconnects, ledger.failures, socket.budget().waited);
    }
    return result;
}

std::string summary_json(const std::vector<spaceframe::Socket>& sockets)
{
    Json result = Json::array();
    for (const auto& socket : sockets)
    {
        const auto budget = socket.budget();
        Json object;
        object["name"] = socket.name();
        object["pattern"] = socket.pattern();
        object["ledger"] = ledger_object(socket.ledger());
        object["budget"] = {{"limit", budget.limit == UINT64_MAX ? Json() : Json(budget.limit)},
                            {"used", budget.used},
                            {"waiting", budget.waiting},
                            {"waited", budget.waited}};
        result.push_back(std::move(object));
    }
    return result.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

} // namespace tool

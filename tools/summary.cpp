#include "summary.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <string_view>

namespace tool
{
namespace
{

using Json = nlohmann::ordered_json;

Json ledger_object(const spaceframe::Ledger& ledger)
{
    return {
        {"accepted", ledger.accepted},
        {"matched", ledger.matched},
        {"unmatched", ledger.unmatched},
        {"copies", ledger.copies},
        {"written", ledger.written},
        {"queued", ledger.queued},
        {"restored", ledger.restored},
        {"returning", ledger.returning},
        {"returned", ledger.returned},
        {"dropped_unroutable", ledger.dropped_unroutable},
        {"dropped_full", ledger.dropped_full},
        {"dropped_oldest", ledger.dropped_oldest},
        {"dropped_conflated", ledger.dropped_conflated},
        {"dropped_peer_lost", ledger.dropped_peer_lost},
        {"dropped_expired", ledger.dropped_expired},
        {"dropped_unclaimed", ledger.dropped_unclaimed},
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
        {"dropped_unwanted", ledger.dropped_unwanted},
        {"dropped_outdated", ledger.dropped_outdated},
        {"arrived_bytes", ledger.arrived_bytes},
        {"connections", ledger.connections},
        {"reconnects", ledger.reconnects},
        {"failures", ledger.failures},
        {"peers", ledger.peers},
    };
}

Json budget_object(const spaceframe::BudgetState& budget)
{
    return {{"limit", budget.limit == UINT64_MAX ? Json() : Json(budget.limit)},
            {"used", budget.used},
            {"waiting", budget.waiting},
            {"waited", budget.waited}};
}

// What the terms for going out sum up to: a publisher writes copies.
std::uint64_t accepted(const spaceframe::Ledger& ledger)
{
    return ledger.matched + ledger.unmatched > 0 ? ledger.copies : ledger.accepted;
}

// Both sides of the ledger, each with its sum before the terms; what else happened stands below.
constexpr std::string_view message_row =
    "{:<16} {:<7} {:>11} {} {:>11} {} {:>8} {} {:>8} | {:>11} {} {:>11} {} {:>8} {} {:>8}\n";
constexpr std::string_view peer_row = "{:<16} {:<7} {:>11} {:>10} {:>8} {:>14}\n";

} // namespace

std::string summary_table(const std::vector<spaceframe::Socket>& sockets,
                          const spaceframe::BudgetState& shared)
{
    std::string result =
        fmt::format(message_row, "socket", "pattern", "arrived", '=', "delivered", '+', "pending", '+',
                    "dropped", "accepted", '=', "written", '+', "queued", '+', "dropped");
    for (const auto& socket : sockets)
    {
        const auto ledger = socket.ledger();
        result +=
            fmt::format(message_row, socket.name(), socket.pattern(), ledger.arrived, ' ', ledger.delivered,
                        ' ', ledger.pending, ' ', dropped_coming_in(ledger), accepted(ledger), ' ',
                        ledger.written, ' ', ledger.queued, ' ', dropped_going_out(ledger));
    }
    result += '\n';
    result +=
        fmt::format(peer_row, "socket", "pattern", "connections", "reconnects", "failures", "permits waited");
    for (const auto& socket : sockets)
    {
        const auto ledger = socket.ledger();
        result += fmt::format(peer_row, socket.name(), socket.pattern(), ledger.connections,
                              ledger.reconnects, ledger.failures, socket.budget().waited);
    }
    if (shared.limit != UINT64_MAX)
    {
        result += fmt::format("permits of the kernel's budget, {} bytes, waited: {}\n", shared.limit,
                              shared.waited);
    }
    return result;
}

std::string summary_json(const std::vector<spaceframe::Socket>& sockets,
                         const spaceframe::BudgetState& shared)
{
    Json result;
    result["kernel"]["budget"] = budget_object(shared);
    result["sockets"] = Json::array();
    for (const auto& socket : sockets)
    {
        Json object;
        object["name"] = socket.name();
        object["pattern"] = socket.pattern();
        object["ledger"] = ledger_object(socket.ledger());
        object["budget"] = budget_object(socket.budget());
        result["sockets"].push_back(std::move(object));
    }
    return result.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

} // namespace tool

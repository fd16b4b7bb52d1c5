#include "books.hpp"

#include <doctest/doctest.h>

#include <array>

namespace spaceframe::testing
{
namespace
{

bool publishes(const Socket& socket)
{
    return socket.pattern() == "pub" || socket.pattern() == "xpub";
}

bool subscribes(const Socket& socket)
{
    return socket.pattern() == "sub" || socket.pattern() == "xsub";
}

struct Equation
{
    std::string_view text;
    std::uint64_t left;
    std::uint64_t right;
};

// Empty if both sides are the same.
std::string problem_with(const Equation& equation)
{
    return equation.left == equation.right
               ? ""
               : std::string(equation.text) + " is " + std::to_string(equation.left) +
                     " == " + std::to_string(equation.right);
}

std::string problem_with(const Socket& socket, std::string_view when, std::span<const Equation> equations)
{
    std::string problems;
    for (const Equation& equation : equations)
    {
        if (const std::string problem = problem_with(equation); !problem.empty())
        {
            problems += "socket '" + socket.name() + "' (" + std::string(socket.pattern()) + ") " +
                        std::string(when) + ": " + problem + "; ";
        }
    }
    return problems;
}

} // namespace

void check_ledger(const Socket& socket, std::string_view when)
{
    const Ledger ledger = socket.ledger();
    const std::uint64_t gone =
        ledger.written + ledger.queued + ledger.returned + ledger.returning + dropped_going_out(ledger);
    const bool multiplies = publishes(socket) || socket.pattern() == "xsub";
    const std::array<Equation, 3> equations{{
        {"arrived == delivered + pending + the sum of dropped_*", ledger.arrived,
         ledger.delivered + ledger.pending + dropped_coming_in(ledger)},
        {multiplies ? "copies == written + queued + returned + returning + the sum of dropped_*"
                    : "accepted == written + queued + returned + returning + the sum of dropped_*",
         multiplies ? ledger.copies : ledger.accepted, gone},
        {multiplies ? "accepted == matched + unmatched" : "0 == matched + unmatched + copies",
         multiplies ? ledger.accepted : 0,
         ledger.matched + ledger.unmatched + (multiplies ? 0 : ledger.copies)},
    }};
    CHECK(problem_with(socket, when, equations) == "");
    for (const PeerInfo& peer : socket.peers())
    {
        const PeerLedger& books = peer.ledger;
        const std::array<Equation, 2> of_peer{{
            {"of a peer: assigned == written + queued + returned + dropped", books.assigned,
             books.written + books.queued + books.returned + books.dropped},
            {"of a peer: pending > arrived", books.pending > books.arrived ? 1U : 0U, 0},
        }};
        CHECK(problem_with(socket, when, of_peer) == "");
    }
}

void check_ledgers(Kernel& kernel, std::string_view when)
{
    for (const Socket& socket : kernel.sockets())
    {
        check_ledger(socket, when);
    }
}

void check_closed(const Socket& socket)
{
    const Ledger ledger = socket.ledger();
    const BudgetState budget = socket.budget();
    const std::array<Equation, 6> equations{{{"queued", ledger.queued, 0},
                                             {"returning", ledger.returning, 0},
                                             {"pending", ledger.pending, 0},
                                             {"peers", ledger.peers, 0},
                                             {"bytes of the budget in use", budget.used, 0},
                                             {"permits that wait", budget.waiting, 0}}};
    CHECK(problem_with(socket, "after closing", equations) == "");
}

Exchange::Exchange(std::span<const Socket> sockets)
{
    for (const Socket& socket : sockets)
    {
        const Ledger ledger = socket.ledger();
        (publishes(socket) ? down_ : subscribes(socket) ? up_ : other_).written += ledger.written;
        Way& in = publishes(socket) ? up_ : subscribes(socket) ? down_ : other_;
        in.arrived += ledger.arrived;
        in.news = in.news || socket.pattern() == "xpub";
        bytes_.written += ledger.written_bytes;
        bytes_.arrived += ledger.arrived_bytes;
        waiting_ += ledger.queued + ledger.pending;
    }
}

std::string Exchange::problem() const
{
    std::string problems;
    for (const Equation& equation :
         {Equation{"messages written by publishers == arrived at subscribers", down_.written, down_.arrived},
          Equation{"messages written by subscribers == arrived at publishers", up_.written,
                   up_.news && up_.arrived > up_.written ? up_.written : up_.arrived},
          Equation{"messages written == arrived", other_.written, other_.arrived},
          Equation{"bytes written == arrived", bytes_.written, bytes_.arrived}})
    {
        const std::string problem = problem_with(equation);
        problems += problem.empty() ? "" : problem + "; ";
    }
    return problems;
}

} // namespace spaceframe::testing

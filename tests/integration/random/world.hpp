#pragma once

#include "chance.hpp"
#include "test_kernel.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace spaceframe::testing
{

// Sockets that a seed leads to: their patterns, marks, budgets and options, and who dials whom.
struct World
{
    struct Member
    {
        std::string name;
        std::string pattern;
        std::string lines;
        bool probes = false;   // probe_router
        bool welcomes = false; // xpub_welcome_msg
    };

    struct Link
    {
        std::size_t from;
        std::size_t to;
    };

    explicit World(Chance& chance);

    Plan plan() const;

    unsigned threads;
    std::string kernel;
    std::string policies;
    std::vector<Member> members;
    std::vector<Link> links;
};

// The wire name of a pattern that talks with this one.
std::string partner_of(const std::string& pattern, Chance& chance);

} // namespace spaceframe::testing

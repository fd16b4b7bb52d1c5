#pragma once

#include <spaceframe/ledger.hpp>

#include <cstdint>
#include <string>

namespace slow_subscriber
{

constexpr std::uint64_t mebibytes(std::uint64_t count)
{
    return count << 20;
}

// "12.3 MiB"
std::string in_mebibytes(std::uint64_t bytes);
std::string one_decimal(double value);
const char* yes_or_no(bool value);

// The most memory that this process ever had in RAM, in bytes. Throws std::runtime_error.
std::uint64_t most_resident_memory();

// Every message is accounted for (spaceframe/ledger.hpp).
bool balances(const spaceframe::Ledger& ledger);
// What became of the copies of a publisher's messages.
void print_published(const spaceframe::Ledger& ledger);

} // namespace slow_subscriber

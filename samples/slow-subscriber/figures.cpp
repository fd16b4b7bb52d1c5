#include "figures.hpp"

#include <fstream>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <stdexcept>

namespace slow_subscriber
{

std::string in_mebibytes(std::uint64_t bytes)
{
    return one_decimal(static_cast<double>(bytes) / static_cast<double>(mebibytes(1))) + " MiB";
}

std::string one_decimal(double value)
{
    std::ostringstream text;
    text << std::fixed << std::setprecision(1) << value;
    return text.str();
}

const char* yes_or_no(bool value)
{
    return value ? "yes" : "no";
}

std::uint64_t most_resident_memory()
{
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;)
    {
        std::uint64_t kibibytes = 0;
        if (word == "VmHWM:" && status >> kibibytes)
        {
            return kibibytes * 1024;
        }
    }
    throw std::runtime_error("/proc/self/status does not tell how much memory there was");
}

bool balances(const spaceframe::Ledger& ledger)
{
    return ledger.accepted == ledger.matched + ledger.unmatched &&
           ledger.copies == ledger.written + ledger.queued + dropped_going_out(ledger) &&
           ledger.arrived == ledger.delivered + ledger.pending + dropped_coming_in(ledger);
}

void print_published(const spaceframe::Ledger& ledger)
{
    std::cout << "ledger:  " << ledger.accepted << " accepted = " << ledger.matched << " matched + "
              << ledger.unmatched << " unmatched\n"
              << "         " << ledger.copies << " copies = " << ledger.written << " written + "
              << ledger.queued << " queued + " << ledger.dropped_full << " dropped (full) + "
              << ledger.dropped_peer_lost << " dropped (peer lost)\n";
}

} // namespace slow_subscriber

// One publisher, eight subscribers that read and one that does not: it costs the others nothing, and memory
// stays under a bound that is known before.
//
//   slow-subscriber [SECONDS [STALL-TIMEOUT]]     60 5s

#include "figures.hpp"
#include "reader.hpp"

#include <spaceframe/kernel.hpp>
#include <spaceframe/manifest_builder.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace
{

using namespace std::chrono_literals;
using namespace slow_subscriber;
using spaceframe::Kernel;
using spaceframe::Socket;

constexpr std::size_t readers = 8;
// The publisher goes at most so many messages ahead of the slowest of the eight. Its marks allow more than
// twice as many: they also count what a reader has got already while the thread that wrote it has yet to say
// so.
constexpr std::uint64_t ahead = 256;
constexpr std::size_t burst = 32;

// For each subscriber what its mark allows, and some to spare.
constexpr std::uint64_t mark_to_send = mebibytes(1);
constexpr std::uint64_t budget_to_send = mebibytes(12);
constexpr std::uint64_t mark_to_receive = mebibytes(1);
constexpr std::uint64_t budgets = budget_to_send + (readers + 1) * mark_to_receive;
constexpr std::uint64_t bound = budgets + budgets / 4 + mebibytes(32);

struct Arguments
{
    std::chrono::seconds duration{60};
    std::string stall_timeout = "5s";
};

std::optional<Arguments> parse(int count, char** words)
{
    Arguments arguments;
    if (count > 1)
    {
        const std::string_view word(words[1]);
        long seconds = 0;
        const auto result = std::from_chars(word.begin(), word.end(), seconds);
        if (result.ec != std::errc() || result.ptr != word.end() || seconds < 1 || seconds > 86'400)
        {
            return std::nullopt;
        }
        arguments.duration = std::chrono::seconds(seconds);
    }
    if (count > 2)
    {
        arguments.stall_timeout = words[2];
    }
    return count <= 3 ? std::optional(arguments) : std::nullopt;
}

spaceframe::Manifest publisher_manifest(const Arguments& arguments)
{
    spaceframe::ManifestBuilder builder("publisher");
    builder.backpressure_policy("budget", "semaphore").option("bytes", budget_to_send);
    builder.socket("publisher", "pub")
        .backpressure("budget")
        .option("send_hwm_bytes", mark_to_send)
        .option("stall_timeout", arguments.stall_timeout)
        .bind("tcp://127.0.0.1:*");
    return builder.build();
}

// Tells the main thread who was lost.
class Losses
{
public:
    void add(const spaceframe::Event& event)
    {
        const std::lock_guard guard(mutex_);
        lines_.push_back("disconnected " + std::string(event.peer) + ": " + std::string(event.reason));
        changed_.notify_one();
    }

    // Nothing when none came until `end`.
    std::optional<std::string> wait_until(std::chrono::steady_clock::time_point end)
    {
        std::unique_lock lock(mutex_);
        if (!changed_.wait_until(lock, end,
                                 [this]
                                 {
                                     return !lines_.empty();
                                 }))
        {
            return std::nullopt;
        }
        std::string line = std::move(lines_.front());
        lines_.erase(lines_.begin());
        return line;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> lines_;
};

// As fast as the eight read.
std::uint64_t publish(Socket publisher, const std::array<std::unique_ptr<Reader>, readers>& to,
                      const std::atomic<bool>& stop)
{
    std::array<std::byte, message_size> message{};
    std::uint64_t number = 0;
    for (; !stop; ++number)
    {
        if (number % burst == 0)
        {
            for (const auto& reader : to)
            {
                reader->wait_until_within(ahead, number);
            }
        }
        std::memcpy(message.data(), &number, sizeof(number));
        publisher.send(message);
    }
    std::memcpy(message.data(), &end_of_messages, sizeof(end_of_messages));
    publisher.send(message);
    return number;
}

bool run(const Arguments& arguments)
{
    std::cout << "budgets: " << in_mebibytes(budget_to_send) << " to send, " << readers + 1 << " x "
              << in_mebibytes(mark_to_receive) << " to receive\n"
              << "bound:   " << in_mebibytes(bound) << " of resident memory (budgets x 1.25 + 32 MiB)"
              << std::endl;

    Losses losses;
    const auto on_event = [&losses](const spaceframe::Event& event)
    {
        if (event.kind == spaceframe::Event::Kind::disconnected)
        {
            losses.add(event);
        }
    };
    Kernel kernel(publisher_manifest(arguments), {{}, on_event});
    kernel.start();
    Socket publisher = kernel.socket("publisher");
    const std::string endpoint = publisher.last_endpoint();

    std::array<std::unique_ptr<Reader>, readers> all;
    for (auto& reader : all)
    {
        reader = std::make_unique<Reader>(endpoint, mark_to_receive);
    }
    auto stalled = std::make_unique<Stalled>(endpoint, mark_to_receive);
    publisher.wait_for_subscribers("", readers + 1);

    const auto begin = std::chrono::steady_clock::now();
    for (auto& reader : all)
    {
        reader->start();
    }
    std::atomic<bool> stop = false;
    std::uint64_t published = 0;
    std::jthread publishing(
        [&]
        {
            published = publish(publisher, all, stop);
        });
    std::uint64_t arrived_at_stalled = 0;
    // Who was thrown out begins again, as a program would that hangs and is started anew, and hangs again.
    while (const auto line = losses.wait_until(begin + arguments.duration))
    {
        const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
        std::cout << one_decimal(time.count()) << " s: " << *line << std::endl;
        arrived_at_stalled += stalled->arrived();
        stalled.reset();
        stalled = std::make_unique<Stalled>(endpoint, mark_to_receive);
    }
    stop = true;
    publishing.join();
    for (auto& reader : all)
    {
        reader->join();
    }
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    arrived_at_stalled += stalled->arrived();

    bool complete = true;
    bool balanced = balances(publisher.ledger()) && balances(stalled->ledger());
    for (std::size_t i = 0; i < readers; ++i)
    {
        const Reader& reader = *all.at(i);
        std::cout << "reader " << i + 1 << ": "
                  << static_cast<std::uint64_t>(static_cast<double>(reader.received()) / time.count())
                  << " messages/s, " << reader.received() << " of " << published << reader.problem() << '\n';
        complete = complete && reader.received() == published && reader.problem().empty();
        balanced = balanced && balances(reader.ledger());
    }
    std::cout << "stalled:  0 messages/s, " << arrived_at_stalled << " arrived and nobody received them\n";
    print_published(publisher.ledger());
    const std::uint64_t most = most_resident_memory();
    std::cout << "memory:  " << in_mebibytes(most) << " at most, under a bound of " << in_mebibytes(bound)
              << ": " << yes_or_no(most < bound) << '\n'
              << "readers lost nothing: " << yes_or_no(complete)
              << "; ledgers balance: " << yes_or_no(balanced) << '\n';
    return most < bound && complete && balanced;
}

} // namespace

int main(int count, char** words)
{
    try
    {
        const auto arguments = parse(count, words);
        if (!arguments)
        {
            std::cerr << "usage: slow-subscriber [SECONDS [STALL-TIMEOUT]]\n";
            return EXIT_FAILURE;
        }
        return run(*arguments) ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    catch (const std::exception& problem)
    {
        std::cerr << problem.what() << '\n';
        return EXIT_FAILURE;
    }
}

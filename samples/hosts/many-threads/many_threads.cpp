// Eight threads send through one socket, four receive from another, and every message is accounted for.

#include <spaceframe/kernel.hpp>
#include <spaceframe/manifest_builder.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <span>
#include <thread>
#include <vector>

namespace
{

using namespace std::chrono_literals;
using spaceframe::error_code;
using spaceframe::Socket;

constexpr std::uint32_t senders = 8;
constexpr std::size_t receivers = 4;
constexpr std::uint32_t messages_each = 10'000;

// A message. It does not leave this process, so it may travel as it lies in memory.
struct Item
{
    std::uint32_t sender;
    std::uint32_t number;
};

// Tells one receiver that nothing follows.
constexpr Item last_item{senders, 0};

// What one thread saw.
struct Share
{
    std::vector<Item> items;
    error_code error;
};

spaceframe::Manifest make_manifest()
{
    spaceframe::ManifestBuilder builder("many-threads");
    builder.threads(2);
    builder.socket("out", "push").option("send_timeout", 10s);
    builder.socket("in", "pull").option("recv_timeout", 10s).bind("tcp://127.0.0.1:*");
    return builder.build();
}

void send(Socket& socket, const Item& item, error_code& error)
{
    socket.send(std::as_bytes(std::span(&item, 1)), error);
}

void send_all(Socket socket, std::uint32_t sender, error_code& error)
{
    for (std::uint32_t number = 0; number < messages_each && !error; ++number)
    {
        send(socket, {sender, number}, error);
    }
}

void receive_all(Socket socket, Share& share)
{
    for (spaceframe::Message message; socket.receive(message, share.error);)
    {
        Item item{};
        std::memcpy(&item, message.front().data(), std::min(sizeof(item), message.front().size()));
        if (item.sender >= senders)
        {
            return;
        }
        share.items.push_back(item);
    }
}

// Every message came to one receiver, and each receiver got those of one sender in order.
bool check(const std::array<Share, receivers>& shares)
{
    std::vector<unsigned> seen(std::size_t{senders} * messages_each);
    bool in_order = true;
    for (const Share& share : shares)
    {
        std::array<std::uint32_t, senders> next{};
        for (const Item& item : share.items)
        {
            in_order = in_order && item.number >= next[item.sender] && item.number < messages_each;
            next[item.sender] = item.number + 1;
            if (in_order)
            {
                ++seen[std::size_t{item.sender} * messages_each + item.number];
            }
        }
    }
    const bool once = std::ranges::all_of(seen,
                                          [](unsigned times)
                                          {
                                              return times == 1;
                                          });
    std::cout << (once && in_order ? "none is lost, doubled or out of order\n"
                                   : "messages are lost, doubled or out of order\n");
    return once && in_order;
}

bool run()
{
    spaceframe::Kernel kernel(make_manifest());
    kernel.start();
    Socket out = kernel.socket("out");
    Socket in = kernel.socket("in");
    out.connect(in.last_endpoint());

    std::array<Share, receivers> shares;
    std::array<error_code, senders> errors;
    error_code error;
    {
        std::vector<std::jthread> receiving;
        for (Share& share : shares)
        {
            receiving.emplace_back(
                [&in, &share]
                {
                    receive_all(in, share);
                });
        }
        std::vector<std::jthread> sending;
        for (std::uint32_t sender = 0; sender < senders; ++sender)
        {
            sending.emplace_back(
                [&out, sender, &errors]
                {
                    send_all(out, sender, errors[sender]);
                });
        }
        sending.clear(); // joins
        for (std::size_t i = 0; i < receivers && !error; ++i)
        {
            send(out, last_item, error);
        }
    }

    bool fine = !error;
    for (std::size_t i = 0; i < receivers; ++i)
    {
        std::cout << "receiver " << i + 1 << ": " << shares[i].items.size() << " messages\n";
        fine = fine && !shares[i].error;
    }
    for (const error_code& problem : errors)
    {
        fine = fine && !problem;
    }
    fine = check(shares) && fine;

    out.flush(10s, error); // what was received is counted as written a moment later
    const spaceframe::Ledger sent = out.ledger();
    const spaceframe::Ledger received = in.ledger();
    std::cout << "ledger: " << sent.accepted << " accepted, " << sent.written << " written, "
              << received.arrived << " arrived, " << received.delivered << " delivered\n";
    const std::uint64_t total = std::uint64_t{senders} * messages_each + receivers;
    return fine && !error && sent.accepted == total && sent.written == total && received.arrived == total &&
           received.delivered == total;
}

} // namespace

int main()
{
    try
    {
        return run() ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    catch (const std::exception& problem)
    {
        std::cerr << problem.what() << '\n';
        return EXIT_FAILURE;
    }
}

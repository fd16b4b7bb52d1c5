// Connections to libzmq that somebody else has made: our socket adopts them.
#include "cell.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace
{

using namespace interop;
using spaceframe::pattern::find_pattern;
using spaceframe::testing::local_pair;
using spaceframe::testing::require_success;

struct Pair
{
    const char* ours;
    const char* theirs;
};

constexpr std::array pairs{Pair{"push", "pull"}, Pair{"pull", "push"}, Pair{"dealer", "router"},
                           Pair{"req", "rep"},   Pair{"sub", "pub"},   Pair{"pub", "sub"}};

Plan plan_of(const Pair& pair)
{
    return plan(*find_pattern(pair.ours), *find_pattern(pair.theirs));
}

void exchange_all(const Way& way)
{
    const std::uint64_t seed = std::random_device{}();
    CAPTURE(seed);
    for (const Pair& pair : pairs)
    {
        for (const unsigned threads : {0U, 1U})
        {
            CAPTURE(pair.ours);
            CAPTURE(pair.theirs);
            CAPTURE(threads);
            Way with_threads = way;
            with_threads.threads = threads;
            CHECK(exchange(pair.ours, pair.theirs, plan_of(pair), with_threads, seed) >= 1000);
        }
    }
}

// A message of one byte that carries a descriptor.
struct Mail
{
    Mail() noexcept
    {
        header.msg_iov = &content;
        header.msg_iovlen = 1;
        header.msg_control = control.data();
        header.msg_controllen = control.size();
    }

    char byte = 0;
    iovec content{&byte, 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr header{};
};

// Async-signal-safe, for a child between fork and exit.
bool send_descriptor(int through, int descriptor) noexcept
{
    Mail mail;
    cmsghdr* const rights = CMSG_FIRSTHDR(&mail.header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof descriptor);
    std::memcpy(CMSG_DATA(rights), &descriptor, sizeof descriptor);
    return ::sendmsg(through, &mail.header, MSG_NOSIGNAL) == 1;
}

Descriptor receive_descriptor(int through)
{
    Mail mail;
    require_success(::recvmsg(through, &mail.header, MSG_CMSG_CLOEXEC) == 1);
    const cmsghdr* const rights = CMSG_FIRSTHDR(&mail.header);
    require_success(rights != nullptr && rights->cmsg_type == SCM_RIGHTS);
    int descriptor = -1;
    std::memcpy(&descriptor, CMSG_DATA(rights), sizeof descriptor);
    return Descriptor(descriptor);
}

// Waits for the end of a child: its exit code, or -1.
int end_of(pid_t child)
{
    int status = 0;
    while (::waitpid(child, &status, 0) == -1 && errno == EINTR)
    {}
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// A connection that a child has dialled; it sends the descriptor and ends.
Descriptor dial_in_a_child(std::string_view endpoint)
{
    const auto address = spaceframe::testing::address_of(endpoint);
    auto mail = local_pair();
    const pid_t child = ::fork();
    require_success(child != -1);
    if (child == 0)
    {
        const int made = ::socket(AF_INET, SOCK_STREAM, 0);
        const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
        const bool sent =
            ::connect(made, generic, sizeof address) == 0 && send_descriptor(mail[1].get(), made);
        ::_exit(sent ? 0 : 1);
    }
    mail[1].close();
    Descriptor made = receive_descriptor(mail[0].get());
    CHECK(end_of(child) == 0);
    return made;
}

} // namespace

TEST_CASE("a connection that the host has dialled to libzmq carries messages as one of our own")
{
    exchange_all(Way{.we_bind = false, .adopted = true});
}

TEST_CASE("a connection that libzmq has dialled and the host accepted carries messages as one of our own")
{
    exchange_all(Way{.we_bind = true, .adopted = true});
}

TEST_CASE("a connection that came from another process is adopted")
{
    exchange_all(Way{.we_bind = false, .adopted = true, .dial = dial_in_a_child});
}

TEST_CASE("a program adopts a connection that it has inherited from the one that started it")
{
    const std::string seed = std::to_string(std::random_device{}());
    CAPTURE(seed);
    for (const Pair& pair : pairs)
    {
        for (const char* const threads : {"0", "1"})
        {
            CAPTURE(pair.ours);
            CAPTURE(threads);
            const Plan plan = plan_of(pair);
            if (plan.our_tasks.front() == "subscribe")
            {
                // Somebody would have to tell the publisher that its probes arrive.
                continue;
            }
            std::vector<std::string> their_arguments{
                pair.theirs, plan.their_tasks.front(), "--identity", "theirs", "--seed", seed,
                "--bind",    "tcp://127.0.0.1:*"};
            their_arguments.insert(their_arguments.end(), plan.their_options.begin(),
                                   plan.their_options.end());
            PeerProcess peer(their_arguments);
            Descriptor made = connect_to(peer.bound());
            std::vector<std::string> arguments{ADOPTING_PEER, pair.ours, pair.theirs,
                                               seed,          threads,   std::to_string(made.get())};
            std::vector<char*> pointers;
            for (std::string& argument : arguments)
            {
                pointers.push_back(argument.data());
            }
            pointers.push_back(nullptr);
            pid_t child = -1;
            REQUIRE(::posix_spawn(&child, ADOPTING_PEER, nullptr, nullptr, pointers.data(), environ) == 0);
            made.close();
            CHECK(end_of(child) == 0);
            CHECK(peer.outcome().empty());
        }
    }
}

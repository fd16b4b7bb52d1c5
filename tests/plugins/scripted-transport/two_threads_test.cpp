#include "side_fixture.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <thread>

using namespace spaceframe::scripted_transport::testing;

namespace
{

// Sends what the seed makes, and checks what the other side's seed makes, waiting whenever nothing goes.
class Pump
{
public:
    static constexpr std::size_t total = 300000;

    Pump(Side& side, std::uint32_t sends, std::uint32_t receives) : side_(side), out_(sends), in_(receives)
    {}

    void run()
    {
        while (sent_ < total || received_ < total)
        {
            const bool sent = send();
            if (receive() || sent)
            {
                continue;
            }
            const int before = side_.readable.calls + side_.writable.calls;
            arm(SF_READABLE, reading_, side_.readable, received_ < total);
            arm(SF_WRITABLE, writing_, side_.writable, sent_ < total && !unsent_.empty());
            if (!side_.host.run_until(
                    [&]
                    {
                        return side_.readable.calls + side_.writable.calls != before;
                    }))
            {
                ++wrong_;
                return;
            }
        }
    }

    std::size_t wrong() const
    {
        return wrong_;
    }

private:
    // One wait at a time for each direction.
    void arm(std::uint32_t direction, int& waits, const Outcome& outcome, bool wanted)
    {
        if (wanted && waits == outcome.calls)
        {
            ++waits;
            side_.wait(direction);
        }
    }

    bool send()
    {
        while (unsent_.size() < 1000 && made_ < total)
        {
            unsent_.push_back(static_cast<char>(out_()));
            ++made_;
        }
        const sf_result count = unsent_.empty() ? 0 : side_.write(unsent_);
        if (count <= 0)
        {
            return false;
        }
        unsent_.erase(0, static_cast<std::size_t>(count));
        sent_ += static_cast<std::size_t>(count);
        return true;
    }

    bool receive()
    {
        if (received_ == total || side_.read() <= 0)
        {
            return false;
        }
        for (const char byte : side_.received)
        {
            wrong_ += byte != static_cast<char>(in_()) ? 1U : 0U;
        }
        received_ += side_.received.size();
        return true;
    }

    Side& side_;
    std::mt19937 out_;
    std::mt19937 in_;
    std::string unsent_;
    std::size_t made_ = 0;
    std::size_t sent_ = 0;
    std::size_t received_ = 0;
    std::size_t wrong_ = 0;
    int reading_ = 0;
    int writing_ = 0;
};

} // namespace

TEST_CASE("scripted-transport: two ends on two threads exchange every byte in order")
{
    const std::uint32_t seed = std::random_device{}();
    MESSAGE("seed ", seed);
    Side server({{"read_at_most", "100,1,7,0"}, {"write_at_most", "0,3,500"}});
    Side client({{"read_at_most", "0,13,1000"}, {"write_at_most", "1,700"}});
    join(server, client);
    Pump serving(server, seed, seed + 1);
    Pump dialling(client, seed + 1, seed);
    std::thread thread(
        [&]
        {
            serving.run();
        });
    dialling.run();
    thread.join();
    CHECK(serving.wrong() == 0);
    CHECK(dialling.wrong() == 0);
    server.close();
    client.close();
}

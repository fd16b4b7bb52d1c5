#include <spaceframe/plugin/testing/fake_host.hpp>
#include <spaceframe/plugin/testing/option_values.hpp>

#include <doctest/doctest.h>

#include <thread>

#include <fcntl.h>
#include <unistd.h>

namespace spaceframe::plugin::testing
{

namespace
{

struct Calls
{
    int count = 0;
    sf_status status = SF_OK;

    static void on_call(void* context, sf_status status)
    {
        Calls& self = *static_cast<Calls*>(context);
        ++self.count;
        self.status = status;
    }
};

class Pipe
{
public:
    Pipe()
    {
        REQUIRE(::pipe2(ends_, O_NONBLOCK | O_CLOEXEC) == 0);
    }

    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    ~Pipe()
    {
        ::close(ends_[0]);
        ::close(ends_[1]);
    }

    int read_end() const
    {
        return ends_[0];
    }

    void put()
    {
        REQUIRE(::write(ends_[1], "x", 1) == 1);
    }

private:
    int ends_[2];
};

} // namespace

TEST_CASE("fake host: a post from another thread is called back on the loop")
{
    FakeHost host;
    Calls calls;
    std::thread other(
        [&]
        {
            host.table()->post(host.table(), host.loop(), &Calls::on_call, &calls);
        });
    CHECK(host.run_until(
        [&]
        {
            return calls.count == 1;
        }));
    other.join();
    CHECK(calls.status == SF_OK);
}

TEST_CASE("fake host: a watch calls back once for each wait, and closing it cancels the rest")
{
    FakeHost host;
    const sf_host* const table = host.table();
    Pipe pipe;
    sf_watch* watch = nullptr;
    REQUIRE(table->watch_open(table, host.loop(), pipe.read_end(), &watch) == SF_OK);
    Calls calls;
    table->watch_wait(table, watch, SF_READABLE, &Calls::on_call, &calls);
    CHECK(host.drain() == 0);
    pipe.put();
    CHECK(host.run_one());
    CHECK(calls.count == 1);
    CHECK(host.drain() == 0);
    Calls cancelled;
    table->watch_wait(table, watch, SF_READABLE, &Calls::on_call, &cancelled);
    table->watch_close(table, watch);
    CHECK(cancelled.count == 0);
    CHECK_FALSE(host.faults().empty());
    host.drain();
    CHECK(cancelled.count == 1);
    CHECK(cancelled.status == SF_CANCELLED);
    CHECK(host.faults().empty());
}

TEST_CASE("fake host: on a manual clock a timer comes due when time is advanced")
{
    FakeHost host(Clock::manual);
    const sf_host* const table = host.table();
    sf_timer* timer = nullptr;
    REQUIRE(table->timer_open(table, host.loop(), &timer) == SF_OK);
    Calls calls;
    const sf_time before = table->now(table);
    table->timer_start(table, timer, 1000, &Calls::on_call, &calls);
    host.advance(std::chrono::nanoseconds(999));
    CHECK(host.drain() == 0);
    host.advance(std::chrono::nanoseconds(1));
    CHECK(host.drain() == 1);
    CHECK(calls.status == SF_OK);
    CHECK(table->now(table) == before + 1000);
    table->timer_close(table, timer);
}

TEST_CASE("fake host: starting a timer again cancels its first start")
{
    FakeHost host;
    const sf_host* const table = host.table();
    sf_timer* timer = nullptr;
    REQUIRE(table->timer_open(table, host.loop(), &timer) == SF_OK);
    Calls first;
    Calls second;
    table->timer_start(table, timer, SF_NEVER, &Calls::on_call, &first);
    table->timer_start(table, timer, 1000, &Calls::on_call, &second);
    CHECK(host.run_until(
        [&]
        {
            return second.count == 1;
        }));
    host.drain();
    CHECK(first.count == 1);
    CHECK(first.status == SF_CANCELLED);
    CHECK(second.status == SF_OK);
    table->timer_close(table, timer);
}

TEST_CASE("fake host: leaks and faults are told")
{
    FakeHost host;
    const sf_host* const table = host.table();
    std::uint8_t* data = nullptr;
    sf_owner* const owner = table->slab_allocate(table, 64, &data);
    table->retain(table, owner);
    CHECK(host.slabs().references(owner) == 2);
    CHECK(host.faults() == std::vector<std::string>{"a slab of 64 bytes leaked with 2 references"});
    table->release(table, owner);
    table->release(table, owner);
    CHECK(host.faults().empty());
    sf_timer* timer = nullptr;
    REQUIRE(table->timer_open(table, host.loop(), &timer) == SF_OK);
    CHECK(host.faults() == std::vector<std::string>{"1 timers were not closed"});
    table->timer_close(table, timer);
}

TEST_CASE("fake host: memory can be made to run out")
{
    FakeHost host;
    const sf_host* const table = host.table();
    host.slabs().limit(0);
    std::uint8_t* data = nullptr;
    CHECK(table->slab_allocate(table, 1, &data) == nullptr);
}

TEST_CASE("fake host: errors, log lines, counters and offers can be looked at")
{
    FakeHost host;
    const sf_host* const table = host.table();
    table->set_error(table, SF_REFUSED, 111, "no");
    CHECK(host.last_error().status == SF_REFUSED);
    CHECK(host.last_error().os_error == 111);
    CHECK(host.last_error().text == "no");
    table->log(table, SF_LOG_WARNING, "careful");
    REQUIRE(host.log_lines().size() == 1);
    CHECK(host.log_lines()[0].text == "careful");
    *table->counter(table, "calls") += 3;
    CHECK(host.counter("calls") == 3);
    CHECK(host.counter("others") == 0);
    const int offered = 0;
    host.offer(SF_ROLE_PROTOCOL, "mine", &offered);
    CHECK(table->acquire(table, SF_ROLE_PROTOCOL, "mine") == &offered);
    CHECK(table->acquire(table, SF_ROLE_TRANSPORT, "mine") == nullptr);
}

TEST_CASE("fake host: watches and timers can be made to run out, and a capability can be provided")
{
    FakeHost host;
    const sf_host* const table = host.table();
    host.limit_timers(1);
    sf_timer* first = nullptr;
    sf_timer* second = nullptr;
    REQUIRE(table->timer_open(table, host.loop(), &first) == SF_OK);
    CHECK(table->timer_open(table, host.loop(), &second) == SF_NO_MEMORY);
    table->timer_close(table, first);
    host.limit_watches(0);
    Pipe pipe;
    sf_watch* watch = nullptr;
    CHECK(table->watch_open(table, host.loop(), pipe.read_end(), &watch) == SF_NO_MEMORY);
    const int service = 0;
    host.provide("stats/1", &service);
    CHECK(table->query(table, "stats/1") == &service);
    CHECK(table->query(table, "stats/2") == nullptr);
}

TEST_CASE("fake host: option values are read as a manifest writes them")
{
    const sf_option table[] = {{"size", SF_TYPE_BYTES, 0, "64MiB", nullptr, nullptr, nullptr, ""},
                               {"delay", SF_TYPE_DURATION, 0, "100ms", nullptr, nullptr, nullptr, ""},
                               {"jitter", SF_TYPE_PERCENT, 0, "25%", nullptr, nullptr, nullptr, ""},
                               {"mode", SF_TYPE_CHOICE, 0, "b", nullptr, nullptr, "a|b|c", ""},
                               {"on", SF_TYPE_BOOL, 0, "yes", nullptr, nullptr, nullptr, ""}};
    const OptionValues values(table, 5, {{"mode", "c"}});
    REQUIRE(values.size() == 5);
    CHECK(values.data()[0].integer == 64 << 20);
    CHECK(values.data()[1].integer == 100'000'000);
    CHECK(values.data()[2].real == doctest::Approx(0.25));
    CHECK(values.data()[3].integer == 2);
    CHECK(values.data()[4].integer == 1);
    CHECK_THROWS_AS(OptionValues(table, 5, {{"mood", "c"}}), std::invalid_argument);
    CHECK_THROWS_AS(OptionValues(table, 5, {{"delay", "7"}}), std::invalid_argument);
}

} // namespace spaceframe::plugin::testing

// The order of a kernel's work in a host's context, against a context that does only what the test says.
#include "engine/reporter.hpp"
#include "engine/strand.hpp"
#include "plugin/registry.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/system_executor.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <deque>
#include <future>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace spaceframe;
using namespace spaceframe::engine;

namespace
{

class FakeContext final : public detail::Context
{
public:
    ~FakeContext() override
    {
        abandon_all();
    }

    void post(detail::Task& task) override
    {
        if (out_of_memory)
        {
            task.abandon();
            throw std::bad_alloc();
        }
        const std::lock_guard guard(mutex);
        tasks.push_back(&task);
    }

    std::unique_ptr<detail::ContextTimer> make_timer() override
    {
        return nullptr;
    }

    std::unique_ptr<detail::ContextWatch> make_watch(int /*descriptor*/, error_code& /*error*/) override
    {
        return nullptr;
    }

    bool driven_here() const noexcept override
    {
        return false;
    }

    boost::asio::any_io_executor executor() const override
    {
        return boost::asio::system_executor();
    }

    void on_end(std::weak_ptr<void> /*owner*/, std::function<void()> /*function*/) override
    {}

    // Runs what is there, as a thread of the host would. Returns how much that was.
    std::size_t poll()
    {
        std::deque<detail::Task*> now;
        {
            const std::lock_guard guard(mutex);
            now.swap(tasks);
        }
        for (detail::Task* task : now)
        {
            task->complete({});
        }
        return now.size();
    }

    void abandon_all()
    {
        std::deque<detail::Task*> now;
        now.swap(tasks);
        for (detail::Task* task : now)
        {
            task->abandon();
        }
    }

    std::mutex mutex;
    std::deque<detail::Task*> tasks;
    bool out_of_memory = false;
};

struct Fixture
{
    Fixture()
    {
        strand.set_owner(owner);
    }

    auto note(int what)
    {
        return [this, what]
        {
            order.push_back(what);
        };
    }

    std::shared_ptr<FakeContext> context = std::make_shared<FakeContext>();
    std::shared_ptr<int> owner = std::make_shared<int>(0);
    Strand strand{context};
    std::vector<int> order;
};

using Order = std::vector<int>;

} // namespace

TEST_CASE("what is posted runs later, in order, for one wake-up of the host")
{
    Fixture f;
    f.strand.post(f.note(1));
    f.strand.post(f.note(2));
    f.strand.post(f.note(3));
    CHECK(f.order.empty());
    CHECK(f.context->poll() == 1);
    CHECK(f.order == Order{1, 2, 3});
    CHECK(f.context->poll() == 0);
    CHECK_FALSE(f.strand.running_here());
}

TEST_CASE("a call does its part itself, behind what was posted, and needs no host that drives")
{
    Fixture f;
    f.strand.post(f.note(1));
    f.strand.call(
        [&]
        {
            CHECK(f.strand.running_here());
            f.strand.post(f.note(3));
            f.strand.call(f.note(2));
        });
    CHECK(f.order == Order{1, 2, 3});
}

TEST_CASE("a call from another thread waits for the job that runs, and for no more")
{
    Fixture f;
    std::promise<void> running;
    std::promise<void> go_on;
    std::atomic<bool> first_over{false};
    std::thread other(
        [&]
        {
            f.strand.call(
                [&]
                {
                    running.set_value();
                    go_on.get_future().wait();
                    first_over = true;
                });
        });
    running.get_future().wait();
    CHECK_FALSE(f.strand.running_here());
    std::thread releases(
        [&]
        {
            go_on.set_value();
        });
    f.strand.call(
        [&]
        {
            CHECK(first_over);
        });
    other.join();
    releases.join();
    CHECK(f.context->poll() == 0);
}

TEST_CASE("a job is called once: by its completion, or by a cancellation that does not wait for the host")
{
    Fixture f;
    std::vector<error_code> errors;
    const auto record = [&](const error_code& error)
    {
        errors.push_back(error);
    };
    const JobPtr first = f.strand.make_job(record);
    f.context->post(first->lend());
    f.context->poll();
    first->cancel(boost::asio::error::operation_aborted);
    CHECK(errors == std::vector<error_code>{error_code()});

    errors.clear();
    const JobPtr second = f.strand.make_job(record);
    f.context->post(second->lend());
    f.strand.call(
        [&]
        {
            second->cancel(boost::asio::error::operation_aborted);
            CHECK(errors.empty());
        });
    CHECK(errors == std::vector<error_code>{boost::asio::error::operation_aborted});
    f.context->poll();
    CHECK(errors.size() == 1);
}

TEST_CASE("jobs keep their owner until they are over, and not after")
{
    Fixture f;
    const auto keeps = [&]
    {
        return f.owner.use_count() > 1;
    };
    const JobPtr job = f.strand.make_job([](const error_code&) {});
    f.context->post(job->lend());
    CHECK(keeps());
    f.context->poll();
    CHECK_FALSE(keeps());

    const JobPtr abandoned = f.strand.make_job([](const error_code&) {});
    f.context->post(abandoned->lend());
    f.context->abandon_all();
    CHECK_FALSE(keeps());

    f.strand.post(f.note(1));
    f.strand.call(f.note(2));
    CHECK(keeps()); // the wake-up
    f.strand.quit();
    CHECK_FALSE(keeps());
    CHECK(f.order == Order{1, 2});
}

TEST_CASE("what is posted after the end is dropped, what was queued before is not")
{
    Fixture f;
    f.strand.post(
        [&]
        {
            f.order.push_back(1);
            f.strand.post(f.note(2));
        });
    f.strand.end();
    CHECK(f.strand.ended());
    CHECK(f.order == Order{1, 2});
    const auto held = std::make_shared<int>(0);
    f.strand.post([held] {});
    CHECK(held.use_count() == 1);
    const JobPtr late = f.strand.make_job(
        [held](const error_code&)
        {
            FAIL("it ran");
        });
    late->cancel(boost::asio::error::operation_aborted);
    CHECK(held.use_count() == 1);
    f.strand.call(f.note(3));
    CHECK(f.order == Order{1, 2, 3});
}

TEST_CASE(
    "who waits for the context learns of its end, in its turn, even where that comes after the strand's")
{
    Fixture f;
    const auto wait = [&](int what)
    {
        return f.strand.make_job(
            [&f, what](const error_code& error)
            {
                CHECK(f.strand.running_here());
                CHECK(error == boost::asio::error::operation_aborted);
                f.order.push_back(what);
            });
    };
    const JobPtr abandoned = wait(1);
    f.context->post(abandoned->lend());
    const JobPtr cancelled = wait(3);
    f.context->post(cancelled->lend());
    f.strand.end();
    f.strand.call(
        [&]
        {
            cancelled->cancel(boost::asio::error::operation_aborted);
            f.order.push_back(2);
        });
    f.context->abandon_all();
    CHECK(f.order == Order{2, 3, 1});
}

TEST_CASE("a turn ends, and the host is asked for another one")
{
    Fixture f;
    int runs = 0;
    std::function<void()> again = [&]
    {
        if (++runs < 1000)
        {
            f.strand.post(again);
        }
    };
    f.strand.post(again);
    f.context->poll();
    CHECK(runs < 1000);
    std::size_t turns = 1;
    while (f.context->poll() > 0)
    {
        ++turns;
    }
    CHECK(turns > 2);
    CHECK(runs == 1000);
}

TEST_CASE("without memory for a wake-up nothing is posted; what a job throws is lost with it alone")
{
    Fixture f;
    f.context->out_of_memory = true;
    CHECK_THROWS_AS(f.strand.post(f.note(1)), std::bad_alloc);
    f.context->out_of_memory = false;
    f.strand.post(
        []
        {
            throw std::runtime_error("lost");
        });
    f.strand.post(f.note(2));
    f.context->poll();
    CHECK(f.order == Order{2});
}

TEST_CASE("jobs of many threads never overlap, and none is forgotten")
{
    Fixture f;
    constexpr int threads = 4;
    constexpr int each = 2000;
    int plain = 0; // guarded by the strand alone
    std::atomic<int> inside{0};
    std::atomic<bool> over{false};
    std::thread host(
        [&]
        {
            while (!over || f.context->poll() > 0)
            {
                f.context->poll();
            }
        });
    std::vector<std::thread> callers;
    for (int t = 0; t < threads; ++t)
    {
        callers.emplace_back(
            [&, t]
            {
                const auto work = [&]
                {
                    CHECK(inside.fetch_add(1) == 0);
                    ++plain;
                    inside.fetch_sub(1);
                };
                for (int i = 0; i < each; ++i)
                {
                    if ((i + t) % 3 == 0)
                    {
                        f.strand.call(work);
                    }
                    else
                    {
                        f.strand.post(work);
                    }
                }
            });
    }
    for (std::thread& caller : callers)
    {
        caller.join();
    }
    f.strand.call([] {});
    over = true;
    host.join();
    CHECK(plain == threads * each);
}

TEST_CASE("what a job throws is reported, and those behind it run")
{
    std::vector<std::string> lines;
    Host host(plugin_host::Registry::from_descriptors({}),
              [&](LogLevel, std::string_view line)
              {
                  lines.emplace_back(line);
              });
    Reporter reporter(host, {});
    Fixture f;
    f.strand.report_to(reporter, 7);
    f.strand.post(
        []
        {
            throw std::runtime_error("no");
        });
    f.strand.post(f.note(1));
    f.context->poll();
    CHECK(f.order == Order{1});
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].rfind("loop 7: an exception escaped from a handler", 0) == 0);
    CHECK(lines[0].find(": no;") != std::string::npos);
}

// Thousands of operations of coroutines, of which many are cancelled at whatever moment: each is done or has
// had no effect, and says which; what was done happens once, in order, at the far side. SPACEFRAME_SEED=N
// plays one seed.
#include "content.hpp"
#include "hosted.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <random>
#include <span>
#include <stdexcept>
#include <vector>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;

enum class Mode
{
    hosted,   // the kernel lives on the context that the coroutines live on
    threaded, // it has a thread of its own
};

constexpr std::array<Mode, 2> all_modes{Mode::hosted, Mode::threaded};

class Call
{
public:
    // What completes a call that can be cancelled.
    auto token()
    {
        return asio::bind_cancellation_slot(signal_.slot(),
                                            asio::redirect_error(asio::use_awaitable, error_));
    }

    // True when the call was done, false when it was given up.
    bool done()
    {
        over_ = true;
        CHECK((!error_ || error_ == asio::error::operation_aborted));
        return !error_;
    }

    // After so many turns.
    static void cancel(asio::io_context& context, const std::shared_ptr<Call>& call, std::uint64_t turns,
                       asio::cancellation_type type)
    {
        asio::post(context,
                   [&context, call, turns, type]
                   {
                       if (call->over_)
                       {
                           return;
                       }
                       if (turns == 0)
                       {
                           call->signal_.emit(type);
                       }
                       else
                       {
                           cancel(context, call, turns - 1, type);
                       }
                   });
    }

private:
    asio::cancellation_signal signal_;
    error_code error_;
    bool over_ = false;
};

using CallPtr = std::shared_ptr<Call>;

class Storm
{
public:
    explicit Storm(Mode mode, const std::string& sockets) : kernel_(make_kernel(mode, sockets))
    {
        MESSAGE("SPACEFRAME_SEED=" << seed_);
        kernel_->start();
    }

    Socket operator[](std::string_view name)
    {
        return kernel_->socket(name);
    }

    bool goes_on() const noexcept
    {
        return begun_ < SPACEFRAME_CANCELLATIONS;
    }

    // A call that is cancelled soon, or perhaps not; in the end it must be when nobody may answer it.
    CallPtr begin(bool in_the_end)
    {
        // Who waits for a message that is lost begins one call after the other.
        constexpr std::size_t most = std::size_t{20} * SPACEFRAME_CANCELLATIONS;
        if (++begun_ > most)
        {
            throw std::runtime_error("what was sent has not arrived after so many calls");
        }
        auto call = std::make_shared<Call>();
        constexpr std::array<asio::cancellation_type, 3> types{asio::cancellation_type::terminal,
                                                               asio::cancellation_type::partial,
                                                               asio::cancellation_type::total};
        // A batch that began cannot be cancelled in total: it would not end.
        const asio::cancellation_type type = types[below(in_the_end ? 2 : 3)];
        if (in_the_end || below(4) != 0)
        {
            Call::cancel(context_, call, below(std::uint64_t{1} << below(8)), type);
        }
        return call;
    }

    bool is_done(Call& call)
    {
        const bool done = call.done();
        ++(done ? done_ : given_up_);
        return done;
    }

    void spawn(asio::awaitable<void> coroutine)
    {
        ++running_;
        asio::co_spawn(context_, std::move(coroutine),
                       [this](const std::exception_ptr& failure)
                       {
                           --running_;
                           failure_ = failure ? failure : failure_;
                       });
    }

    // Until all coroutines have ended.
    void run()
    {
        while (running_ > 0 && !failure_)
        {
            drive(context_,
                  [this, enough = begun_ + 100]
                  {
                      return running_ == 0 || failure_ || begun_ >= enough;
                  });
        }
        if (failure_)
        {
            std::rethrow_exception(failure_);
        }
        CHECK(done_ > 0);
        CHECK(given_up_ > 0);
        CHECK(done_ + given_up_ >= SPACEFRAME_CANCELLATIONS);
        for (const Socket& socket : kernel_->sockets())
        {
            const Ledger ledger = socket.ledger();
            CHECK(dropped_going_out(ledger) == 0);
            CHECK(dropped_coming_in(ledger) == 0);
            CHECK(ledger.pending == 0);
            CHECK(socket.budget().waiting == 0);
        }
    }

    std::uint64_t below(std::uint64_t bound)
    {
        return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(chance_);
    }

private:
    static std::uint64_t make_seed()
    {
        const char* const given = std::getenv("SPACEFRAME_SEED");
        return given != nullptr ? std::stoull(given) : std::random_device{}();
    }

    std::unique_ptr<CheckedKernel> make_kernel(Mode mode, const std::string& sockets)
    {
        Plan plan{.sockets = sockets,
                  .more = "policies {\nbudget {\nrole backpressure\nuse semaphore\nbytes 16KiB\n}\n}\n"};
        if (mode == Mode::threaded)
        {
            return std::make_unique<CheckedKernel>(manifest_of(plan), quiet());
        }
        plan.threads = std::nullopt;
        return std::make_unique<CheckedKernel>(context_, manifest_of(plan), quiet());
    }

    const std::uint64_t seed_ = make_seed();
    std::mt19937_64 chance_{seed_};
    std::size_t begun_ = 0;
    std::size_t done_ = 0;
    std::size_t given_up_ = 0;
    std::size_t running_ = 0;
    std::exception_ptr failure_;
    asio::io_context context_;
    std::unique_ptr<CheckedKernel> kernel_;
};

// What some send and others receive.
struct Account
{
    std::size_t senders = 0;
    std::size_t sent = 0;
    std::size_t received = 0;
    std::map<std::uint64_t, std::uint64_t> next; // of each sender

    bool complete() const
    {
        return senders == 0 && received >= sent;
    }
};

constexpr std::uint64_t senders_apart = 1'000'000'000;

Message numbered(std::uint64_t index)
{
    Message message(std::to_string(index));
    message.push_back(body(index, index % 16 == 0 ? 5000 : index % 300));
    message.push_back(std::string_view());
    return message;
}

// The number of a message that is whole.
std::uint64_t number_of(const Message& message)
{
    REQUIRE(message.size() >= 3);
    const std::size_t first = message.size() - 3;
    const std::uint64_t index = std::stoull(text_of(message, first));
    CHECK(text_of(message, first + 1) == body(index, index % 16 == 0 ? 5000 : index % 300));
    CHECK(text_of(message, first + 2).empty());
    return index;
}

void note_received(Account& account, const Message& message)
{
    const std::uint64_t index = number_of(message);
    CHECK(index % senders_apart == account.next[index / senders_apart]++);
    ++account.received;
}

// Sends message after message, each until it was sent: were one that is called given up sent after all, the
// far side would get it twice.
asio::awaitable<void> send_each(Storm& storm, Socket socket, std::uint64_t sender, Account& account)
{
    ++account.senders;
    for (std::uint64_t index = sender * senders_apart; storm.goes_on();)
    {
        Message message = numbered(index);
        const CallPtr call = storm.begin(false);
        co_await async_send(socket, message, call->token());
        if (storm.is_done(*call))
        {
            CHECK(message.empty());
            ++account.sent;
            ++index;
        }
        else
        {
            CHECK(number_of(message) == index);
        }
    }
    --account.senders;
}

// The same with messages that the call keeps.
asio::awaitable<void> send_away(Storm& storm, Socket socket, std::uint64_t sender, Account& account)
{
    ++account.senders;
    for (std::uint64_t index = sender * senders_apart; storm.goes_on();)
    {
        const CallPtr call = storm.begin(false);
        co_await async_send(socket, numbered(index), call->token());
        if (storm.is_done(*call))
        {
            ++account.sent;
            ++index;
        }
    }
    --account.senders;
}

asio::awaitable<void> send_batches(Storm& storm, Socket socket, std::uint64_t sender, Account& account)
{
    ++account.senders;
    for (std::uint64_t index = sender * senders_apart; storm.goes_on();)
    {
        std::vector<Message> messages;
        for (std::uint64_t i = 0; i < 5; ++i)
        {
            messages.push_back(numbered(index + i));
        }
        const CallPtr call = storm.begin(false);
        const std::size_t sent = co_await async_send_batch(socket, messages, call->token());
        CHECK(storm.is_done(*call) == (sent == messages.size()));
        for (std::size_t i = 0; i < messages.size(); ++i)
        {
            CHECK(messages[i].empty() == (i < sent));
            CHECK((i < sent || number_of(messages[i]) == index + i));
        }
        account.sent += sent;
        index += sent;
    }
    --account.senders;
}

asio::awaitable<void> receive_each(Storm& storm, Socket socket, Account& account)
{
    while (!account.complete())
    {
        const CallPtr call = storm.begin(true);
        const Message message = co_await async_receive(socket, call->token());
        if (storm.is_done(*call))
        {
            note_received(account, message);
        }
    }
}

asio::awaitable<void> receive_batches(Storm& storm, Socket socket, Account& account)
{
    while (!account.complete())
    {
        std::vector<Message> messages(4);
        const CallPtr call = storm.begin(true);
        const std::size_t received = co_await async_receive_batch(socket, messages, call->token());
        CHECK(storm.is_done(*call) == (received > 0));
        for (std::size_t i = 0; i < received; ++i)
        {
            note_received(account, messages[i]);
        }
    }
}

// Asks, and waits for the answer to what it asked, as often as it takes.
asio::awaitable<void> ask(Storm& storm, Socket socket, std::uint64_t asker, Account& account)
{
    ++account.senders;
    for (std::uint64_t index = asker * senders_apart; storm.goes_on(); ++index)
    {
        for (bool sent = false; !sent;)
        {
            Message message = numbered(index);
            const CallPtr call = storm.begin(false);
            co_await async_send(socket, message, call->token());
            sent = storm.is_done(*call);
        }
        ++account.sent;
        for (bool received = false; !received;)
        {
            const CallPtr call = storm.begin(true);
            const Message message = co_await async_receive(socket, call->token());
            received = storm.is_done(*call);
            if (received)
            {
                note_received(account, message);
            }
        }
    }
    --account.senders;
}

// Answers with what was asked.
asio::awaitable<void> answer(Storm& storm, Socket socket, Account& account)
{
    while (!account.complete())
    {
        const CallPtr call = storm.begin(true);
        Message message = co_await async_receive(socket, call->token());
        for (bool answered = !storm.is_done(*call); !answered;)
        {
            const CallPtr reply = storm.begin(false);
            co_await async_send(socket, message, reply->token());
            answered = storm.is_done(*reply);
        }
    }
}

} // namespace

TEST_CASE("what is sent while calls are cancelled at random arrives once and in order, or was not sent")
{
    for (const Mode mode : all_modes)
    {
        CAPTURE(static_cast<int>(mode));
        Storm storm(mode, push_and_pull("send_hwm 3\nbackpressure budget", "recv_hwm 3"));
        Socket push = storm["push"];
        const Socket pull = storm["pull"];
        push.connect(pull.last_endpoint());
        Account account;
        storm.spawn(send_each(storm, push, 0, account));
        storm.spawn(send_each(storm, push, 1, account));
        storm.spawn(send_away(storm, push, 2, account));
        storm.spawn(send_batches(storm, push, 3, account));
        storm.spawn(receive_each(storm, pull, account));
        storm.spawn(receive_each(storm, pull, account));
        storm.spawn(receive_batches(storm, pull, account));
        storm.run();
        CHECK(account.received == account.sent);
        CHECK(push.ledger().accepted == account.sent);
        CHECK(push.ledger().written == account.sent);
        CHECK(pull.ledger().delivered == account.sent);
        CHECK(push.budget().used == 0);
    }
}

TEST_CASE("requests find their answers while calls are cancelled at random")
{
    struct Partners
    {
        const char* asks;
        const char* answers;
    };
    for (const Partners partners : {Partners{"req", "rep"}, Partners{"dealer", "router"}})
    {
        CAPTURE(partners.asks);
        for (const Mode mode : all_modes)
        {
            CAPTURE(static_cast<int>(mode));
            std::string sockets = socket_lines("server", partners.answers, "bind tcp://127.0.0.1:*");
            for (std::uint64_t i = 0; i < 4; ++i)
            {
                sockets += socket_lines("client" + std::to_string(i), partners.asks);
            }
            Storm storm(mode, sockets);
            const Socket server = storm["server"];
            Account account;
            for (std::uint64_t i = 0; i < 4; ++i)
            {
                Socket client = storm["client" + std::to_string(i)];
                client.connect(server.last_endpoint());
                storm.spawn(ask(storm, client, i, account));
            }
            storm.spawn(answer(storm, server, account));
            storm.run();
            CHECK(account.received == account.sent);
            CHECK(server.ledger().delivered == account.sent);
            CHECK(server.ledger().written == account.sent);
        }
    }
}

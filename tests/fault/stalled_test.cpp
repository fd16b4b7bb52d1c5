// What is given up while half a message is on the wire: it was sent whole, or not at all, and who gives up
// learns which.
#include "content.hpp"
#include "future.hpp"
#include "trio.hpp"

#include <spaceframe/async.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <future>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;
using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr std::array<Manner, 2> manners{{{"memp", 0}, {"mem", 0}}};
// The loop and who gives up are different threads.
constexpr std::array<Manner, 4> all_manners{{{"memp", 0}, {"mem", 0}, {"memp", 1}, {"mem", 1}}};
constexpr Patterns dealers{"dealer", "dealer"};
constexpr Patterns subscribers{"xsub", "xpub"};

std::vector<Message> make_batch()
{
    std::vector<Message> messages;
    for (const auto& shape : three_messages)
    {
        messages.push_back(make_message(messages.size(), shape));
    }
    return messages;
}

const std::vector<Frames>& batch_as_frames()
{
    static const std::vector<Frames> frames = []
    {
        std::vector<Frames> result;
        for (const Message& message : make_batch())
        {
            result.push_back(frames_of(message));
        }
        return result;
    }();
    return frames;
}

void send_batch(Socket& socket)
{
    std::vector<Message> messages = make_batch();
    REQUIRE(socket.send_batch(messages) == messages.size());
}

// Handlers run here, while the kernel is driven: a slot belongs to the thread of its handler.
class Here
{
public:
    explicit Here(TestKernel& kernel) : kernel_(kernel)
    {}

    auto executor()
    {
        return context_.get_executor();
    }

    template <class T>
    T get(std::promise<T>& over)
    {
        return testing::get(kernel_, over.get_future(),
                            [this]
                            {
                                context_.restart();
                                context_.poll();
                            });
    }

private:
    TestKernel& kernel_;
    asio::io_context context_;
};

bool is_given_up(error_code error)
{
    CHECK((!error || error == asio::error::operation_aborted));
    return error == asio::error::operation_aborted;
}

// The connection goes on: `x` gets the messages, and what is sent after them, and nothing else.
void check_the_rest(Trio& trio, const std::vector<Frames>& messages)
{
    must_send(trio.x, Message("go on"));
    CHECK(text_of(must_receive(trio.a)) == "go on");
    must_send(trio.a, Message("after"));
    std::vector<Frames> expected = messages;
    expected.push_back({"after"});
    for (const Frames& message : expected)
    {
        REQUIRE(frames_of(must_receive(trio.x)) == message);
    }
    error_code error;
    trio.a.flush(limit, error);
    CHECK_FALSE(error);
    std::vector<Frames> more;
    drain(trio.x, more);
    CHECK(more.empty());
    CHECK_FALSE(trio.ended(trio.a));
    CHECK_FALSE(trio.ended(trio.x));
    const Ledger ledger = trio.a.ledger();
    CHECK(ledger.accepted == expected.size());
    CHECK(ledger.written == expected.size());
    CHECK(ledger.restored == 0);
}

void cancel_sends(Trio& trio)
{
    Here here(trio.kernel);
    std::vector<Message> messages = make_batch();
    std::array<asio::cancellation_signal, 3> signals;
    std::array<std::promise<error_code>, 3> over;
    for (std::size_t i = 0; i < messages.size(); ++i)
    {
        async_send(
            trio.a, messages[i],
            asio::bind_executor(here.executor(), asio::bind_cancellation_slot(signals[i].slot(),
                                                                              [&over, i](error_code error)
                                                                              {
                                                                                  over[i].set_value(error);
                                                                              })));
    }
    for (asio::cancellation_signal& signal : signals)
    {
        signal.emit(asio::cancellation_type::total);
    }
    std::vector<Frames> sent;
    for (std::size_t i = 0; i < messages.size(); ++i)
    {
        if (is_given_up(here.get(over[i])))
        {
            CHECK(frames_of(messages[i]) == batch_as_frames()[i]);
        }
        else
        {
            CHECK(messages[i].empty());
            sent.push_back(batch_as_frames()[i]);
        }
    }
    check_the_rest(trio, sent);
}

void cancel_batch(Trio& trio)
{
    Here here(trio.kernel);
    std::vector<Message> messages = make_batch();
    asio::cancellation_signal signal;
    std::promise<std::size_t> over;
    async_send_batch(trio.a, messages,
                     asio::bind_executor(here.executor(),
                                         asio::bind_cancellation_slot(signal.slot(),
                                                                      [&](error_code error, std::size_t sent)
                                                                      {
                                                                          CHECK(is_given_up(error) ==
                                                                                (sent < messages.size()));
                                                                          over.set_value(sent);
                                                                      })));
    signal.emit(asio::cancellation_type::partial);
    const std::size_t sent = here.get(over);
    for (std::size_t i = 0; i < messages.size(); ++i)
    {
        CHECK(frames_of(messages[i]) == (i < sent ? Frames{} : batch_as_frames()[i]));
    }
    const auto end = batch_as_frames().begin() + static_cast<std::ptrdiff_t>(sent);
    check_the_rest(trio, {batch_as_frames().begin(), end});
}

void cancel_flush(Trio& trio)
{
    Here here(trio.kernel);
    send_batch(trio.a);
    asio::cancellation_signal signal;
    std::promise<error_code> over;
    async_flush(trio.a,
                asio::bind_executor(here.executor(), asio::bind_cancellation_slot(signal.slot(),
                                                                                  [&](error_code error)
                                                                                  {
                                                                                      over.set_value(error);
                                                                                  })));
    signal.emit(asio::cancellation_type::total);
    CHECK(is_given_up(here.get(over)));
    check_the_rest(trio, batch_as_frames());
}

void tell(Socket& socket)
{
    std::vector<Message> messages = make_batch();
    socket.subscribe("first/");
    must_send(socket, std::move(messages[0]));
    socket.subscribe(std::string(256, 't'));
    must_send(socket, std::move(messages[1]));
    socket.unsubscribe("first/");
    must_send(socket, std::move(messages[2]));
}

std::vector<Frames> told()
{
    const std::vector<Frames>& messages = batch_as_frames();
    return {{"\1first/"},
            messages[0],
            {'\1' + std::string(256, 't')},
            messages[1],
            {std::string(1, '\0') + "first/"},
            messages[2]};
}

// Closing discards what was not written whole, and says how much that is.
void close_in_between(Trio& trio, const std::vector<Frames>& sent)
{
    const CloseReport report = trio.a.close(no_wait);
    trio.await_end();
    std::vector<Frames> at_x;
    drain(trio.x, at_x);
    take_farewell(sent, at_x);
    CHECK(begins_with(sent, at_x));
    const auto arrived = static_cast<std::uint64_t>(std::ranges::count_if(at_x,
                                                                          [](const Frames& message)
                                                                          {
                                                                              return message.size() > 1;
                                                                          }));
    const Ledger ledger = trio.a.ledger();
    CHECK(ledger.written == arrived);
    CHECK(ledger.queued == 0);
    CHECK(report.discarded == three_messages.size() - arrived);
    CHECK_FALSE(report.complete);
    CHECK(trio.accepted() == 1);
}

} // namespace

TEST_CASE("a send that is cancelled while half a message is on the wire was sent whole, or not at all")
{
    for (const Manner& manner : all_manners)
    {
        stalled_at_every_byte(manner, dealers, {{"send_hwm", 1}},
                              extent_of(manner, dealers, send_batch, three_messages.size()), cancel_sends);
    }
}

TEST_CASE(
    "a batch that is cancelled while half a message is on the wire was sent up to a message that it names")
{
    for (const Manner& manner : all_manners)
    {
        stalled_at_every_byte(manner, dealers, {{"send_hwm", 1}},
                              extent_of(manner, dealers, send_batch, three_messages.size()), cancel_batch);
    }
}

TEST_CASE("a flush that is cancelled while half a message is on the wire leaves all messages to be sent")
{
    for (const Manner& manner : all_manners)
    {
        stalled_at_every_byte(manner, dealers, {},
                              extent_of(manner, dealers, send_batch, three_messages.size()), cancel_flush);
    }
}

TEST_CASE("a socket that is closed while half a message is on the wire has sent what it does not discard")
{
    for (const Manner& manner : manners)
    {
        stalled_at_every_byte(manner, dealers, {},
                              extent_of(manner, dealers, send_batch, three_messages.size()),
                              [](Trio& trio)
                              {
                                  send_batch(trio.a);
                                  close_in_between(trio, batch_as_frames());
                              });
    }
}

TEST_CASE("a socket that is closed while half a command is on the wire has sent what it does not discard")
{
    for (const Manner& manner : manners)
    {
        stalled_at_every_byte(manner, subscribers, {}, extent_of(manner, subscribers, tell, told().size()),
                              [](Trio& trio)
                              {
                                  tell(trio.a);
                                  close_in_between(trio, told());
                              });
    }
}

#include "actor.hpp"

#include "books.hpp"
#include "content.hpp"
#include "test_kernel.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/error.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>
#include <utility>

namespace spaceframe::testing
{
namespace
{

using namespace std::chrono_literals;

// What may come of any call, whatever the others do.
bool expected(const error_code& error)
{
    constexpr std::array all{errc::would_block,      errc::no_room,     errc::timed_out,
                             errc::too_large,        errc::terminated,  errc::host_unreachable,
                             errc::not_supported,    errc::wrong_state, errc::request_lost,
                             errc::request_timed_out};
    return !error || error == boost::asio::error::operation_aborted ||
           std::any_of(all.begin(), all.end(),
                       [&](errc each)
                       {
                           return error == each;
                       });
}

} // namespace

Actor::Actor(Socket socket, Account& account, std::vector<std::string> endpoints, std::uint64_t seed)
    : socket_(std::move(socket))
    , account_(account)
    , endpoints_(std::move(endpoints))
    , chance_(seed)
{}

void Actor::act(int steps)
{
    for (; steps > 0; --steps)
    {
        step();
        context_.restart();
        context_.poll();
    }
}

bool Actor::finish()
{
    context_.restart();
    context_.run_for(limit);
    return std::ranges::all_of(calls_,
                               [](const std::shared_ptr<Call>& call)
                               {
                                   return call->over;
                               });
}

void Actor::step()
{
    const std::size_t choice = chance_.below(100);
    if (choice < 35)
    {
        send();
    }
    else if (choice < 60)
    {
        receive();
    }
    else if (choice < 70)
    {
        start_send();
    }
    else if (choice < 78)
    {
        start_receive();
    }
    else if (choice < 84)
    {
        cancel_one();
    }
    else if (choice < 89)
    {
        subscribe();
    }
    else if (choice < 92)
    {
        check_ledger(socket_, "in use");
    }
    else if (choice < 94)
    {
        chance_.percent(50) ? receive_returned() : start_receive_returned();
    }
    else if (choice < 96)
    {
        error_code error;
        socket_.flush(patience(), error);
        CHECK(expected(error));
    }
    else
    {
        change_endpoints();
    }
}

Timeout Actor::patience()
{
    return chance_.any_of<Timeout>({no_wait, no_wait, 300us, 1ms});
}

// None begins like a subscription, and all have at least what their pattern needs.
Message Actor::message()
{
    Message message;
    if (socket_.pattern() == "router")
    {
        message.push_back(chance_.any_of<std::string>({last_identity_, last_identity_, "Ada", "there"}));
    }
    if ((socket_.pattern() == "router" || socket_.pattern() == "dealer") && chance_.percent(50))
    {
        message.push_back(std::string_view());
    }
    for (std::size_t frames = 1 + chance_.below(3); frames > 0; --frames)
    {
        const std::size_t size = chance_.any_of<std::size_t>({0, 1, 30, 200, 1'000, 1'000, 20'000, 100'000});
        const std::string text = chance_.any_of<std::string>({"a", "b"}) + body(chance_.seed(), size);
        message.push_back(std::string_view(text));
    }
    return message;
}

void Actor::send()
{
    error_code error;
    if (chance_.percent(20))
    {
        const std::string text = "a" + std::to_string(chance_.below(1000));
        if (socket_.pattern() != "router")
        {
            socket_.send(std::string_view(text), error);
            CHECK(expected(error));
            account_.sent += error ? 0 : 1;
            account_.sent_bytes += error ? 0 : text.size();
        }
        return;
    }
    if (chance_.percent(30))
    {
        std::vector<Message> batch(1 + chance_.below(6));
        std::ranges::generate(batch,
                              [this]
                              {
                                  return message();
                              });
        const std::vector<std::size_t> sizes = payloads(batch);
        if (chance_.percent(30))
        {
            const Cork cork = socket_.cork();
            note_batch(error, sizes, socket_.send_batch(batch, patience(), error));
        }
        else
        {
            note_batch(error, sizes, socket_.send_batch(batch, patience(), error));
        }
        CHECK(expected(error));
        return;
    }
    Message one = message();
    const std::size_t size = one.byte_size();
    const std::size_t bytes = payload(one);
    socket_.send(std::move(one), patience(), error);
    CHECK(expected(error));
    account_.sent += error ? 0 : 1;
    account_.sent_bytes += error ? 0 : bytes;
    CHECK(one.byte_size() == (error ? size : 0)); // NOLINT(bugprone-use-after-move)
}

void Actor::note_batch(const error_code& error, const std::vector<std::size_t>& sizes, std::size_t count)
{
    CHECK(expected(error));
    account_.sent += count;
    account_.sent_bytes +=
        std::accumulate(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(count), std::uint64_t{0});
}

// What the ledger counts of a message: an address is none of it.
std::size_t Actor::payload(const Message& message) const
{
    return message.byte_size() - (socket_.pattern() == "router" ? message.front().size() : 0);
}

std::vector<std::size_t> Actor::payloads(const std::vector<Message>& messages) const
{
    std::vector<std::size_t> sizes;
    for (const Message& message : messages)
    {
        sizes.push_back(payload(message));
    }
    return sizes;
}

void Actor::receive_returned()
{
    for (std::size_t count = 1 + chance_.below(5); count > 0; --count)
    {
        Message message;
        error_code error;
        const bool returned = socket_.receive_returned(message, patience(), error);
        CHECK(expected(error));
        CHECK(returned == !message.empty());
        account_.returned += returned ? 1 : 0;
    }
}

void Actor::receive()
{
    error_code error;
    std::vector<Message> batch(chance_.percent(50) ? 1 : 10);
    const std::size_t count = socket_.receive_batch(batch, patience(), error);
    CHECK(expected(error));
    account_.received += count;
    if (socket_.pattern() == "router" && count > 0)
    {
        last_identity_ = text_of(batch.front());
    }
}

std::shared_ptr<Actor::Call> Actor::new_call()
{
    return calls_.emplace_back(std::make_shared<Call>());
}

void Actor::start_send()
{
    const auto call = new_call();
    call->messages.resize(chance_.percent(70) ? 1 : 4);
    std::ranges::generate(call->messages,
                          [this]
                          {
                              return message();
                          });
    async_send_batch(
        socket_, call->messages,
        boost::asio::bind_cancellation_slot(
            call->signal.slot(), boost::asio::bind_executor(context_,
                                                            [this, call, sizes = payloads(call->messages)](
                                                                error_code error, std::size_t sent)
                                                            {
                                                                note_batch(error, sizes, sent);
                                                                call->over = true;
                                                            })));
}

void Actor::start_receive()
{
    const auto call = new_call();
    call->messages.resize(chance_.percent(50) ? 1 : 10);
    async_receive_batch(socket_, call->messages,
                        boost::asio::bind_cancellation_slot(
                            call->signal.slot(),
                            boost::asio::bind_executor(context_,
                                                       [this, call](error_code error, std::size_t received)
                                                       {
                                                           CHECK(expected(error));
                                                           account_.received += received;
                                                           call->over = true;
                                                       })));
}

void Actor::start_receive_returned()
{
    const auto call = new_call();
    async_receive_returned(
        socket_, boost::asio::bind_cancellation_slot(
                     call->signal.slot(),
                     boost::asio::bind_executor(context_,
                                                [this, call](error_code error, const Message& message)
                                                {
                                                    CHECK(expected(error));
                                                    CHECK(message.empty() == error.failed());
                                                    account_.returned += error ? 0 : 1;
                                                    call->over = true;
                                                })));
}

void Actor::cancel_one()
{
    if (!calls_.empty())
    {
        calls_[chance_.below(calls_.size())]->signal.emit(boost::asio::cancellation_type::terminal);
    }
}

void Actor::subscribe()
{
    error_code error;
    const auto topic = chance_.any_of<std::string>({"", "a", "b", "none"});
    chance_.percent(60) ? socket_.subscribe(topic, error) : socket_.unsubscribe(topic, error);
    CHECK(expected(error));
}

void Actor::change_endpoints()
{
    if (chance_.percent(25))
    {
        socket_.close(patience());
        return;
    }
    error_code error;
    socket_.connect(endpoints_[chance_.below(endpoints_.size())], error);
    CHECK(expected(error));
}

} // namespace spaceframe::testing

#include "reader.hpp"

#include <spaceframe/manifest_builder.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

namespace slow_subscriber
{
namespace
{

using namespace std::chrono_literals;

spaceframe::Manifest make_manifest(const std::string& endpoint, std::uint64_t mark)
{
    spaceframe::ManifestBuilder builder("reader");
    builder.socket("reader", "sub")
        .option("subscribe", "")
        .option("recv_hwm", 0)
        .option("recv_hwm_bytes", mark)
        .option("recv_timeout", 30s)
        .option("reconnect_ivl", 1h) // who was thrown out stays out
        .connect(endpoint);
    return builder.build();
}

} // namespace

Stalled::Stalled(const std::string& endpoint, std::uint64_t mark)
    : kernel_(make_manifest(endpoint, mark))
    , socket_(kernel_.socket("reader"))
{
    kernel_.start();
}

void Reader::start()
{
    thread_ = std::jthread(
        [this]
        {
            receive_all();
            progress_ = UINT64_MAX;
            progress_.notify_all();
        });
}

void Reader::join()
{
    thread_.join();
}

void Reader::receive_all()
{
    std::array<spaceframe::Message, 256> messages;
    for (;;)
    {
        spaceframe::error_code error;
        const std::size_t count = socket().receive_batch(messages, error);
        if (error)
        {
            problem_ = ", then: " + error.message();
            return;
        }
        for (std::size_t i = 0; i < count; ++i)
        {
            std::uint64_t number = 0;
            const auto& frame = messages.at(i).front();
            std::memcpy(&number, frame.data(), std::min(sizeof(number), frame.size()));
            if (number == end_of_messages)
            {
                return;
            }
            if (number != received_)
            {
                problem_ = ", then number " + std::to_string(number);
                return;
            }
            ++received_;
        }
        progress_ = received_.load();
        progress_.notify_all();
    }
}

void Reader::wait_until_within(std::uint64_t ahead, std::uint64_t published) const
{
    for (std::uint64_t seen = progress_; seen < published && published - seen > ahead; seen = progress_)
    {
        progress_.wait(seen);
    }
}

} // namespace slow_subscriber

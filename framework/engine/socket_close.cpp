#include "engine/alarm.hpp"
#include "engine/connection.hpp"
#include "engine/frames.hpp"
#include "engine/socket_core.hpp"

#include <utility>

namespace spaceframe::engine
{

void SocketCore::begin_close()
{
    {
        const std::lock_guard guard(mutex_);
        closing_ = true;
    }
    notify();
}

CloseReport SocketCore::shut()
{
    CloseReport report;
    std::uint64_t unused = 0;
    std::shared_ptr<Alarm> alarm;
    std::vector<std::shared_ptr<Connection>> resumes;
    {
        const std::scoped_lock guard(inbox_.mutex, mutex_);
        resumes.swap(resumes_);
        closing_ = true;
        alarm = std::exchange(alarm_, nullptr);
        if (!closed_)
        {
            closed_ = true;
            report.undelivered += inbox_.messages;
            inbox_.frames.clear();
            inbox_.returns.flush();
            inbox_.messages = 0;
            settle_inbox();
            for (const auto& peer : peers_)
            {
                if (peer)
                {
                    report.discarded += peer->queued;
                    peer->books.dropped += peer->queued;
                    report.undelivered += peer->arrived;
                    unused += discard_queue(peer->queue, peer->queued);
                    peer->incoming.clear();
                    peer->arrived = 0;
                    readers_.deactivate(peer->id.index);
                }
            }
            report.discarded += unassigned_messages_;
            unused += discard_queue(unassigned_, unassigned_messages_);
            unassigned_ends_.clear();
            report.discarded += counters.returning;
            unused += discard_returning();
            arrived_ = 0;
            origins_.clear();
            counters.dropped_closed += report.discarded;
            counters.dropped_incoming += report.undelivered;
            readable_hook_ = nullptr;
            writable_hook_ = nullptr;
        }
    }
    permits_->release(unused);
    if (alarm)
    {
        alarm->silence();
    }
    notify();
    return report;
}

std::uint64_t SocketCore::discard_queue(memory::FrameRing& queue, std::size_t& messages) const
{
    std::uint64_t charge = 0;
    for (std::size_t i = 0; counts_charges_ && i < queue.size(); ++i)
    {
        charge += is_subscription(queue[i]) ? 0 : charge_of({&queue[i], 1});
    }
    queue.clear();
    messages = 0;
    return charge;
}

} // namespace spaceframe::engine

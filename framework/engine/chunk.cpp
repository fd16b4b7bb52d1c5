#include "engine/chunk.hpp"

#include "engine/frames.hpp"

#include <boost/container/small_vector.hpp>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace spaceframe::engine
{
namespace
{

// Below this, a copy is cheaper than an entry of a scatter list.
constexpr std::size_t reference_from = 8 * 1024;
constexpr std::size_t inserts_at_once = 128;
constexpr std::size_t recovered_at_once = 128;
// Messages leave room for answers to the peer: a PONG must not find the window full.
constexpr std::size_t control_reserve = SF_CONTROL_CAPACITY;

/// Appends copies of frames of whole messages to `target`: all, or none when there is no memory.
bool adopt(std::span<sf_frame> frames, memory::FrameRing& target)
{
    target.reserve(frames.size());
    std::size_t copied = 0;
    for (; copied < frames.size(); ++copied)
    {
        sf_frame& frame = frames[copied];
        frame.owner = frame.size == 0 ? nullptr : memory::allocate(frame.size);
        if (frame.size > 0 && frame.owner == nullptr)
        {
            break;
        }
        if (frame.size > 0)
        {
            std::memcpy(frame.owner->data, frame.data, frame.size);
            frame.data = frame.owner->data;
        }
    }
    if (copied == frames.size())
    {
        target.push_back(frames.data(), frames.size());
        return true;
    }
    release_frames(frames.first(copied));
    return false;
}

} // namespace

bool Chunk::reserve(std::size_t bytes)
{
    if (!slab_)
    {
        slab_ = memory::SlabRef(memory::allocate(std::max(bytes, memory::slab_size)));
        return static_cast<bool>(slab_);
    }
    if (end_ == 0 && slab_->capacity < bytes)
    {
        slab_ = memory::SlabRef(memory::allocate(bytes));
        return static_cast<bool>(slab_);
    }
    return slab_->capacity - end_ >= bytes;
}

Chunk::Taken Chunk::append(const sf_protocol& protocol, sf_session* session, std::span<const sf_frame> frames,
                           std::span<const std::uint64_t> charges)
{
    if (!reserve(0))
    {
        return {SF_NO_MEMORY, 0, 0};
    }
    boost::container::small_vector<sf_insert, inserts_at_once> inserts;
    inserts.resize(std::max(inserts_at_once, frames.size()), boost::container::default_init);
    const std::size_t first = ends_.size();
    ends_.resize(first + frames.size());

    sf_encode call{};
    call.size = sizeof(call);
    call.frames = frames.data();
    call.frame_count = frames.size();
    call.reference_from = reference_from;
    call.data = slab_->data + end_;
    call.capacity = slab_->capacity - std::min(slab_->capacity, end_ + control_reserve);
    call.ends = ends_.data() + first;
    call.end_capacity = frames.size();
    call.inserts = inserts.data();
    call.insert_capacity = inserts.size();
    sf_status status = protocol.encode(session, &call);
    if (status == SF_OK && call.messages_taken == 0 && end_ == 0 && call.length > call.capacity)
    {
        // One message that is larger than a window gets a window of its own size.
        if (!reserve(call.length + control_reserve))
        {
            ends_.resize(first);
            return {SF_NO_MEMORY, 0, 0};
        }
        call.data = slab_->data;
        call.capacity = slab_->capacity - control_reserve;
        call.length = 0;
        call.insert_count = 0;
        status = protocol.encode(session, &call);
    }
    if (status != SF_OK || call.messages_taken == 0)
    {
        ends_.resize(first);
        return {status, 0, 0};
    }
    ends_.resize(first + call.messages_taken);
    if (end_ != 0)
    {
        for (std::size_t i = first; i < ends_.size(); ++i)
        {
            ends_[i] += static_cast<std::uint32_t>(end_);
        }
    }
    const std::size_t first_insert = inserts_.size();
    try
    {
        for (const sf_insert& insert : std::span(inserts.data(), call.insert_count))
        {
            const sf_frame& frame = frames[insert.frame];
            inserts_.push_back({end_ + insert.at, frame.owner, insert.body.data, insert.body.size});
            memory::retain(frame.owner);
        }
        if (!charges.empty())
        {
            charges_.insert(charges_.end(), charges.begin(),
                            charges.begin() + static_cast<std::ptrdiff_t>(call.messages_taken));
        }
    }
    catch (const std::bad_alloc&)
    {
        for (; inserts_.size() > first_insert; inserts_.pop_back())
        {
            memory::release(inserts_.back().owner);
        }
        ends_.resize(first);
        return {SF_NO_MEMORY, 0, 0};
    }
    end_ += call.length;
    return {SF_OK, call.frames_taken, call.messages_taken};
}

bool Chunk::append(const sf_protocol& protocol, sf_session* session, const sf_frame& frame)
{
    if (frame.size >= reference_from || !reserve(frame.size + protocol.frame_overhead + control_reserve))
    {
        return false;
    }
    try
    {
        ends_.push_back(0);
    }
    catch (const std::bad_alloc&)
    {
        return false;
    }
    std::uint32_t end = 0;
    // Every field is named: to clear the structure first costs more than to encode a small frame.
    sf_encode call{.size = sizeof(sf_encode),
                   .reserved = 0,
                   .frames = &frame,
                   .frame_count = 1,
                   .reference_from = reference_from,
                   .data = slab_->data + end_,
                   .capacity = slab_->capacity - end_ - control_reserve,
                   .ends = &end,
                   .end_capacity = 1,
                   .inserts = nullptr,
                   .insert_capacity = 0,
                   .frames_taken = 0,
                   .messages_taken = 0,
                   .length = 0,
                   .insert_count = 0};
    if (protocol.encode(session, &call) != SF_OK || call.messages_taken == 0)
    {
        ends_.pop_back();
        return false;
    }
    ends_.back() = static_cast<std::uint32_t>(end_) + end;
    end_ += call.length;
    return true;
}

bool Chunk::append(const sf_protocol& protocol, sf_session* session, const sf_frame& frame,
                   std::uint64_t charge)
{
    try
    {
        charges_.push_back(charge);
    }
    catch (const std::bad_alloc&)
    {
        return false;
    }
    if (!append(protocol, session, frame))
    {
        charges_.pop_back();
        return false;
    }
    return true;
}

bool Chunk::append_copy(const Chunk& other, const Mark& since,
                        std::span<const std::uint64_t> charges) noexcept
{
    const std::size_t bytes = other.end_ - since.bytes;
    const std::size_t messages = other.ends_.size() - since.messages;
    const std::size_t first_insert = inserts_.size();
    if (!reserve(bytes + control_reserve))
    {
        return false;
    }
    try
    {
        ends_.reserve(ends_.size() + messages);
        charges_.insert(charges_.end(), charges.begin(), charges.end());
        inserts_.insert(inserts_.end(), other.inserts_.begin() + static_cast<std::ptrdiff_t>(since.inserts),
                        other.inserts_.end());
    }
    catch (const std::bad_alloc&)
    {
        charges_.resize(charges.empty() ? 0 : ends_.size());
        return false;
    }
    std::memcpy(slab_->data + end_, other.slab_->data + since.bytes, bytes);
    for (std::size_t i = first_insert; i < inserts_.size(); ++i)
    {
        inserts_[i].at = inserts_[i].at - since.bytes + end_;
        memory::retain(inserts_[i].owner);
    }
    for (std::size_t i = since.messages; i < other.ends_.size(); ++i)
    {
        ends_.push_back(static_cast<std::uint32_t>(other.ends_[i] - since.bytes + end_));
    }
    end_ += bytes;
    return true;
}

sf_status Chunk::append_subscription(const sf_protocol& protocol, sf_session* session, const sf_frame& frame)
{
    const auto write = (frame.flags & SF_FRAME_SUBSCRIBE) != 0 ? protocol.subscribe : protocol.cancel;
    sf_status status = SF_WOULD_BLOCK;
    // The first try tells how much is needed where a guess was too low.
    std::size_t wanted = frame.size + protocol.frame_overhead;
    for (int attempt = 0; attempt < 2 && status == SF_WOULD_BLOCK; ++attempt)
    {
        sf_output output = control_room(wanted + control_reserve);
        if (output.data == nullptr)
        {
            return slab_ && end_ > 0 ? SF_WOULD_BLOCK : SF_NO_MEMORY;
        }
        output.capacity -= control_reserve;
        status = write(session, {frame.data, frame.size}, &output);
        if (status == SF_OK)
        {
            commit(output);
        }
        wanted = output.length;
    }
    return status;
}

sf_status Chunk::append_control(std::span<const std::uint8_t> bytes)
{
    if (!reserve(bytes.size()))
    {
        return end_ > 0 ? SF_WOULD_BLOCK : SF_NO_MEMORY;
    }
    std::memcpy(slab_->data + end_, bytes.data(), bytes.size());
    end_ += bytes.size();
    return SF_OK;
}

sf_output Chunk::control_room(std::size_t wanted)
{
    if (!reserve(wanted))
    {
        return {nullptr, 0, 0};
    }
    return {slab_->data + end_, slab_->capacity - end_, 0};
}

void Chunk::commit(const sf_output& output) noexcept
{
    end_ += output.length;
}

std::size_t Chunk::gather(std::span<sf_iov> buffers) const noexcept
{
    std::size_t count = 0;
    std::size_t position = written_;
    std::size_t insert = insert_;
    std::size_t skip = insert_written_;
    while (count < buffers.size())
    {
        const std::size_t limit = insert < inserts_.size() ? inserts_[insert].at : end_;
        if (position < limit)
        {
            buffers[count++] = {slab_->data + position, limit - position, slab_.get(), 0, 0};
            position = limit;
        }
        else if (insert < inserts_.size())
        {
            const Insert& body = inserts_[insert++];
            buffers[count++] = {body.data + skip, body.size - skip, body.owner, 0, 0};
            skip = 0;
        }
        else
        {
            break;
        }
    }
    return count;
}

Chunk::Progress Chunk::advance(std::size_t bytes) noexcept
{
    while (bytes > 0)
    {
        const std::size_t limit = insert_ < inserts_.size() ? inserts_[insert_].at : end_;
        if (written_ < limit)
        {
            const std::size_t step = std::min(bytes, limit - written_);
            written_ += step;
            bytes -= step;
        }
        else
        {
            const Insert& body = inserts_[insert_];
            const std::size_t step = std::min(bytes, body.size - insert_written_);
            insert_written_ += step;
            bytes -= step;
            if (insert_written_ == body.size)
            {
                insert_written_ = 0;
                ++insert_;
            }
        }
    }
    const std::size_t open = insert_ < inserts_.size() ? inserts_[insert_].at : SIZE_MAX;
    Progress progress;
    if (written_ == end_ && open == SIZE_MAX)
    {
        progress.messages = ends_.size() - done_;
    }
    else
    {
        while (done_ + progress.messages < ends_.size() && ends_[done_ + progress.messages] <= written_ &&
               ends_[done_ + progress.messages] < open)
        {
            ++progress.messages;
        }
    }
    for (std::size_t i = done_; i < std::min(done_ + progress.messages, charges_.size()); ++i)
    {
        progress.charge += charges_[i];
    }
    done_ += progress.messages;
    release_done();
    return progress;
}

/// Lets go of the bodies of messages that are written whole. Those of a message that is written in part stay:
/// it may have to be recovered.
void Chunk::release_done() noexcept
{
    if (done_ == 0)
    {
        return;
    }
    const std::size_t boundary = ends_[done_ - 1];
    while (released_ < insert_ && inserts_[released_].at <= boundary)
    {
        memory::release(inserts_[released_++].owner);
    }
}

std::uint64_t Chunk::charge() const noexcept
{
    std::uint64_t total = 0;
    for (std::size_t i = done_; i < charges_.size(); ++i)
    {
        total += charges_[i];
    }
    return total;
}

std::size_t Chunk::recover(const sf_protocol& protocol, sf_session* session, memory::FrameRing& frames,
                           sf_status& status) const
{
    status = SF_OK;
    if (messages() == 0)
    {
        return 0;
    }
    std::size_t position = done_ == 0 ? 0 : ends_[done_ - 1];
    std::size_t insert = released_;
    std::size_t recovered = 0;
    std::vector<sf_insert> inserts;
    std::vector<sf_frame> out(recovered_at_once);
    while (position < end_)
    {
        inserts.clear();
        for (const Insert& open : std::span(inserts_).subspan(insert))
        {
            inserts.push_back({open.at - position, 0, {open.data, open.size}});
        }
        sf_recover call{};
        call.size = sizeof(call);
        call.data = slab_->data + position;
        call.length = end_ - position;
        call.inserts = inserts.data();
        call.insert_count = inserts.size();
        call.frames = out.data();
        call.frame_capacity = out.size();
        status = protocol.recover(session, &call);
        if (status != SF_OK)
        {
            return recovered;
        }
        if (call.consumed == 0)
        {
            if (out.size() > end_ - position)
            {
                return recovered;
            }
            // One message has more frames than that.
            out.resize(out.size() * 2);
            continue;
        }
        if (!adopt(std::span(out.data(), call.frame_count), frames))
        {
            status = SF_NO_MEMORY;
            return recovered;
        }
        recovered += static_cast<std::size_t>(
            std::count_if(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(call.frame_count),
                          [](const sf_frame& frame)
                          {
                              return (frame.flags & SF_FRAME_MORE) == 0;
                          }));
        position += call.consumed;
        while (insert < inserts_.size() && inserts_[insert].at <= position)
        {
            ++insert;
        }
    }
    return recovered;
}

void Chunk::clear() noexcept
{
    for (; released_ < inserts_.size(); ++released_)
    {
        memory::release(inserts_[released_].owner);
    }
    slab_.reset();
    written_ = 0;
    end_ = 0;
    ends_.clear();
    charges_.clear();
    done_ = 0;
    inserts_.clear();
    insert_ = 0;
    insert_written_ = 0;
    released_ = 0;
}

void Chunk::swap(Chunk& other) noexcept
{
    std::swap(slab_, other.slab_);
    std::swap(written_, other.written_);
    std::swap(end_, other.end_);
    ends_.swap(other.ends_);
    charges_.swap(other.charges_);
    std::swap(done_, other.done_);
    inserts_.swap(other.inserts_);
    std::swap(insert_, other.insert_);
    std::swap(insert_written_, other.insert_written_);
    std::swap(released_, other.released_);
}

} // namespace spaceframe::engine

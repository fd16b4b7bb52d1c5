#include "engine/connection.hpp"
#include "engine/frames.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>

namespace spaceframe::engine
{
namespace
{

// A read into less than this is not worth its system call.
constexpr std::size_t least_read = memory::slab_size / 4;
// A loop has other connections to serve.
constexpr int reads_in_a_turn = 8;
constexpr std::size_t frames_at_once = 1024;
// Messages that an application keeps may keep so many slabs. As long as there are more, frames up to a size
// are copied out of theirs, so that each keeps itself alone.
constexpr std::size_t most_read_slabs = std::size_t{64} * 1024 * 1024 / memory::slab_size;
constexpr std::size_t copied_size = memory::slab_size / 4;

std::size_t count_messages(std::span<const sf_frame> frames) noexcept
{
    std::size_t messages = 0;
    for (const sf_frame& frame : frames)
    {
        messages += (frame.flags & SF_FRAME_MORE) == 0 ? 1U : 0U;
    }
    return messages;
}

/// Gives small frames in `slab` a block each, as far as there is memory for that.
void copy_out(std::span<sf_frame> frames, const sf_owner* slab) noexcept
{
    for (sf_frame& frame : frames)
    {
        if (frame.owner != slab || frame.size > copied_size)
        {
            continue;
        }
        if (sf_owner* const copy = memory::allocate(frame.size); copy != nullptr)
        {
            std::memcpy(copy->data, frame.data, frame.size);
            frame.owner = copy;
            frame.data = copy->data;
        }
    }
}

} // namespace

void Connection::arm_read()
{
    read_wait_ = shared_from_this();
    transport_.stream_wait(stream_.get(), SF_READABLE, &Connection::on_readable, this);
}

void Connection::on_readable(void* context, sf_status status)
{
    const auto self = std::exchange(static_cast<Connection*>(context)->read_wait_, nullptr);
    if (self->closing_ || status == SF_CANCELLED)
    {
        return;
    }
    self->attempt(
        [&]
        {
            if (status == SF_OK)
            {
                self->read();
            }
            else
            {
                self->fail(status);
            }
        });
}

/// Decodes what a mark kept back, then reads on. False: the transport was not asked.
bool Connection::read()
{
    bool asked = false;
    try
    {
        for (int round = 0; round < reads_in_a_turn; ++round)
        {
            std::size_t fresh = 0;
            bool all = false;
            if (!held_back_)
            {
                asked = true;
                const std::span<std::uint8_t> space = prepare_read();
                std::uint32_t flags = 0;
                const sf_result result =
                    transport_.stream_read(stream_.get(), space.data(), space.size(), &flags);
                if (result == -SF_WOULD_BLOCK)
                {
                    keep_rest(rest_, rest_size_);
                    arm_read();
                    return asked;
                }
                if (result <= 0)
                {
                    fail(result == 0 ? sf_status{SF_FAILED} : static_cast<sf_status>(-result));
                    return asked;
                }
                fresh = static_cast<std::size_t>(result);
                all = fresh < space.size();
            }
            decode(fresh);
            {
                const std::lock_guard guard(socket_->lock());
                socket_->counters.arrived_bytes += fresh;
                reading_paused_ = socket_->pause_reading(*this);
            }
            if (closing_)
            {
                return asked;
            }
            if (reading_paused_)
            {
                note_pause();
                return asked;
            }
            if (all && !held_back_)
            {
                arm_read();
                return asked;
            }
        }
        reading_paused_ = true;
        post_resume();
    }
    catch (const std::bad_alloc&)
    {
        close(make_failure(SF_NO_MEMORY, errc::no_memory, "there is no memory for what the peer sends"));
    }
    return asked;
}

/// Where the next bytes go: behind those that are not decoded yet.
std::span<std::uint8_t> Connection::prepare_read()
{
    const std::size_t missing = need_ > rest_size_ ? need_ - rest_size_ : 0;
    if (rest_is_large_ && missing > 0 &&
        rest_ + rest_size_ + missing <= rest_slab_->data + rest_slab_->capacity)
    {
        return {rest_ + rest_size_, missing};
    }
    rest_is_large_ = false;
    if (need_ > memory::slab_size / 2)
    {
        // A large frame is read straight into the memory that it will keep.
        memory::SlabRef slab(memory::allocate(need_));
        if (!slab)
        {
            throw std::bad_alloc();
        }
        std::memcpy(slab->data, rest_, rest_size_);
        rest_ = slab->data;
        rest_slab_ = std::move(slab);
        rest_is_large_ = true;
        return {rest_ + rest_size_, missing};
    }
    memory::SlabRef& slab = loop_.read_slab;
    std::size_t& offset = loop_.read_offset;
    const std::size_t wanted = std::max(missing, least_read);
    const bool adjacent =
        rest_size_ > 0 && slab && rest_slab_.get() == slab.get() && rest_ + rest_size_ == slab->data + offset;
    if (adjacent && slab->capacity - offset >= wanted)
    {
        return {slab->data + offset, slab->capacity - offset};
    }
    if (!slab || slab->capacity - offset < rest_size_ + wanted)
    {
        if (slab && slab->references.load(std::memory_order_acquire) == 1)
        {
            offset = 0;
        }
        else
        {
            memory::SlabRef fresh(memory::allocate_read_slab());
            if (!fresh)
            {
                throw std::bad_alloc();
            }
            slab = std::move(fresh);
            offset = 0;
        }
    }
    if (rest_size_ > 0)
    {
        std::memmove(slab->data + offset, rest_, rest_size_);
        rest_ = slab->data + offset;
        rest_slab_ = slab.share();
        offset += rest_size_;
    }
    else
    {
        rest_ = slab->data + offset;
        rest_slab_.reset();
    }
    return {slab->data + offset, slab->capacity - offset};
}

/// Remembers bytes that wait for more, with a reference to their slab.
void Connection::keep_rest(std::uint8_t* data, std::size_t size)
{
    rest_ = data;
    rest_size_ = size;
    if (size == 0)
    {
        rest_slab_.reset();
        rest_is_large_ = false;
        if (loop_.read_slab && loop_.read_slab->references.load(std::memory_order_acquire) == 1)
        {
            loop_.read_offset = 0;
        }
    }
    else if (!rest_slab_)
    {
        rest_slab_ = loop_.read_slab.share();
    }
}

void Connection::decode(std::size_t fresh)
{
    if (!rest_is_large_)
    {
        loop_.read_offset += fresh;
    }
    // Keeps the bytes while frames are counted, whoever owned them before.
    const memory::SlabRef slab = rest_slab_ ? rest_slab_.share() : loop_.read_slab.share();
    std::uint8_t* data = rest_;
    std::size_t size = rest_size_ + fresh;
    thread_local std::array<sf_frame, frames_at_once> frames;
    std::array<std::uint8_t, SF_CONTROL_CAPACITY> buffer;

    sf_decode call{};
    call.size = sizeof(call);
    call.now = static_cast<sf_time>(Clock::now().time_since_epoch().count());
    call.owner = slab.get();
    call.frames = frames.data();
    for (;;)
    {
        held_back_ = room_ == 0;
        if (held_back_)
        {
            break;
        }
        call.frame_capacity = std::min(frames.size(), room_);
        call.data = data;
        call.length = size;
        call.control = {buffer.data(), buffer.size(), 0};
        call.consumed = 0;
        call.frame_count = 0;
        call.need = 0;
        call.event = {};
        const sf_status status = protocol_.decode(session_, &call);
        data += call.consumed;
        size -= call.consumed;
        take_frames({frames.data(), call.frame_count}, slab.get());
        send_control(call.control);
        if (closing_)
        {
            return;
        }
        if (status != SF_OK)
        {
            fail(status);
            return;
        }
        if (call.event.kind != SF_EVENT_NONE && !handle_event(call.event))
        {
            return;
        }
        const bool progress = call.consumed > 0 || call.frame_count > 0 || call.event.kind != SF_EVENT_NONE;
        const bool more = size > 0 || call.frame_count == call.frame_capacity;
        if (!progress || (!more && call.event.kind == SF_EVENT_NONE))
        {
            break;
        }
    }
    need_ = call.need;
    keep_rest(data, size);
}

void Connection::take_frames(std::span<sf_frame> frames, sf_owner* owner)
{
    if (frames.empty())
    {
        return;
    }
    if (memory::read_slabs() > most_read_slabs && owner->capacity == memory::slab_size)
    {
        copy_out(frames, owner);
    }
    std::uint64_t references = 0;
    std::uint32_t flags = 0;
    std::size_t end = 0; // behind the last whole message
    for (std::size_t i = 0; i < frames.size(); ++i)
    {
        flags |= frames[i].flags;
        references += frames[i].owner == owner ? 1U : 0U;
        end = (frames[i].flags & SF_FRAME_MORE) == 0 ? i + 1 : end;
    }
    if (references > 0)
    {
        memory::retain(owner, references);
    }
    const auto whole = frames.first(end);
    const auto tail = frames.subspan(end);
    FrameHolder rest(frames);
    if ((flags & (SF_FRAME_SUBSCRIBE | SF_FRAME_CANCEL)) != 0 &&
        socket_->row().outbound != pattern::Outbound::fan_out)
    {
        close(make_failure(SF_PROTOCOL, errc::protocol_error,
                           fmt::format("the peer subscribes, but a {} has nothing to subscribe to",
                                       socket_->row().wire_name)));
        return;
    }
    if (!whole.empty())
    {
        const std::size_t messages = count_messages(whole);
        bool delivered = false;
        if (partial_.empty())
        {
            rest.keep(tail);
            delivered = socket_->deliver(*this, whole, messages);
        }
        else
        {
            partial_.insert(partial_.end(), whole.begin(), whole.end());
            rest.keep(tail);
            std::vector<sf_frame> complete;
            complete.swap(partial_);
            delivered = socket_->deliver(*this, complete, messages);
            complete.clear();
            partial_.swap(complete);
        }
        if (!delivered)
        {
            close(make_failure(SF_PROTOCOL, errc::protocol_error,
                               "the protocol gave a message before it was ready"));
        }
    }
    partial_.insert(partial_.end(), tail.begin(), tail.end());
    rest.keep({});
}

bool Connection::handle_event(const sf_event& event)
{
    switch (event.kind)
    {
    case SF_EVENT_AUTHORISE:
        authorise(event);
        return !closing_;
    case SF_EVENT_READY:
        ready_ = true;
        {
            const std::lock_guard guard(socket_->lock());
            encoding_key_ = protocol_.encoding_key(session_);
        }
        if (!socket_->attach(*this, durable_, identity_, stack_->description.settings))
        {
            ready_ = false;
            close(make_failure(SF_REFUSED, errc::refused,
                               pattern::takes_turns(socket_->row())
                                   ? "another peer came first"
                                   : "another live peer has the same identity"));
            return false;
        }
        if (on_ready)
        {
            on_ready();
        }
        stack_->reporter.report(this->event(Event::Kind::ready));
        tick();
        return !closing_;
    case SF_EVENT_PEER_ERROR:
        close(make_failure(SF_REFUSED, errc::refused,
                           fmt::format("the peer ended the connection: {}",
                                       std::string_view(event.reason.data, event.reason.size))));
        return false;
    default:
        return true;
    }
}

void Connection::authorise(const sf_event& event)
{
    const std::string_view type(event.socket_type.data, event.socket_type.size);
    const std::string& given = stack_->description.settings.connect_routing_id;
    if (!accepted_ && !given.empty() && socket_->row().outbound == pattern::Outbound::route)
    {
        identity_ = given;
    }
    else
    {
        identity_.assign(reinterpret_cast<const char*>(event.identity.data), event.identity.size);
    }
    if (accepted_ && !socket_->takes_more_peers())
    {
        // Not said to the peer: with an error many would not come again.
        close(make_failure(SF_REFUSED, errc::refused,
                           "peers that have gone left as much as the socket keeps of them; receive it"));
        return;
    }
    Failure refusal;
    bool in_doubt = false;
    if (!pattern::may_talk(socket_->row(), type))
    {
        refusal = make_failure(SF_REFUSED, errc::incompatible_peer,
                               fmt::format("a {} cannot talk to a {}: it talks to {}",
                                           socket_->row().wire_name, type, socket_->row().peers));
    }
    else if (!socket_->identity_is_free(identity_, durable_))
    {
        refusal = make_failure(SF_REFUSED, errc::refused,
                               "another live peer has the same identity; give each peer its own, or set "
                               "router_handover");
        in_doubt = socket_->is_in_doubt(identity_);
    }
    else if (!socket_->has_place(durable_))
    {
        refusal = make_failure(
            SF_REFUSED, errc::refused,
            fmt::format("a {} has one peer, and there is one already", socket_->row().wire_name));
        in_doubt = socket_->is_in_doubt({});
    }
    if (in_doubt)
    {
        // Not said to the peer, as above.
        refusal.text += "; nobody reads from that one, which may have gone";
        close(std::move(refusal));
        return;
    }
    std::array<std::uint8_t, SF_CONTROL_CAPACITY> buffer;
    sf_output control{buffer.data(), buffer.size(), 0};
    const sf_status status = protocol_.authorise(session_, refusal.status, refusal.text.c_str(), &control);
    send_control(control);
    if (refusal.status != SF_OK)
    {
        close(std::move(refusal));
    }
    else if (status != SF_OK)
    {
        fail(status);
    }
}

} // namespace spaceframe::engine

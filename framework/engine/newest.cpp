#include "engine/newest.hpp"

#include "engine/budget.hpp"
#include "engine/frames.hpp"

#include <new>

namespace spaceframe::engine
{
namespace
{

// Places that are out of date cost memory: so many more than frames are kept.
constexpr std::size_t spare_places = 64;

std::size_t message_size(const memory::FrameRing& queue, std::size_t begin) noexcept
{
    std::size_t end = begin;
    while ((queue[end].flags & SF_FRAME_MORE) != 0)
    {
        ++end;
    }
    return end + 1 - begin;
}

} // namespace

std::optional<std::uint64_t> Newest::put(memory::FrameRing& queue, std::span<const sf_frame> message) noexcept
{
    const std::string_view kind = kind_of(message.front());
    std::size_t index = 0;
    if (!find(queue, kind, index))
    {
        remember(queue, kind, queue.size());
        queue.push_back(message.data(), message.size());
        return std::nullopt;
    }
    std::uint64_t charge = 0;
    const auto drop = [&charge](const sf_frame& frame)
    {
        charge += charge_of({&frame, 1});
        release_frame(frame);
    };
    std::size_t older = message_size(queue, index);
    if (older == message.size())
    {
        for (std::size_t i = 0; i < older; ++i)
        {
            drop(queue.exchange(index + i, message[i]));
        }
        return charge;
    }
    for (; older > 0; --older)
    {
        drop(queue.erase(index));
    }
    queue.push_back(message.data(), message.size());
    look_again(queue);
    return charge;
}

std::string_view Newest::kind_of(const sf_frame& first) const noexcept
{
    return by_topic_ ? text_of(first) : std::string_view();
}

bool Newest::find(const memory::FrameRing& queue, std::string_view kind, std::size_t& index) const noexcept
{
    const auto place = places_.find(kind);
    if (place == places_.end())
    {
        return false;
    }
    index = place->second - queue.removed();
    return index < queue.size() && (index == 0 || (queue[index - 1].flags & SF_FRAME_MORE) == 0) &&
           kind_of(queue[index]) == kind;
}

void Newest::remember(const memory::FrameRing& queue, std::string_view kind, std::size_t index) noexcept
{
    try
    {
        if (places_.size() > 2 * queue.size() + spare_places)
        {
            look_again(queue);
        }
        const auto place = places_.find(kind);
        if (place != places_.end())
        {
            place->second = queue.removed() + index;
        }
        else
        {
            places_.emplace(kind, queue.removed() + index);
        }
    }
    catch (const std::bad_alloc&)
    {
        return;
    }
}

/// The places of all that is in the queue.
void Newest::look_again(const memory::FrameRing& queue) noexcept
{
    places_.clear();
    try
    {
        for (std::size_t i = 0; i < queue.size(); i += message_size(queue, i))
        {
            places_.insert_or_assign(std::string(kind_of(queue[i])), queue.removed() + i);
        }
    }
    catch (const std::bad_alloc&)
    {
        return;
    }
}

} // namespace spaceframe::engine

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

std::size_t hash_of(std::string_view kind) noexcept
{
    return std::hash<std::string_view>()(kind);
}

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

bool Newest::has_newer(const memory::FrameRing& queue, const sf_frame& first) noexcept
{
    std::size_t index = 0;
    return find(queue, kind_of(first), index) &&
           static_cast<std::int32_t>(queue[index].reserved - first.reserved) > 0;
}

std::uint64_t Newest::charge_of_older(const memory::FrameRing& queue, const sf_frame& first) noexcept
{
    std::uint64_t charge = 0;
    std::size_t index = 0;
    if (find(queue, kind_of(first), index))
    {
        for (const std::size_t end = index + message_size(queue, index); index < end; ++index)
        {
            charge += charge_of({&queue[index], 1});
        }
    }
    return charge;
}

bool Newest::find(const memory::FrameRing& queue, std::string_view kind, std::size_t& index) noexcept
{
    auto [place, end] = places_.equal_range(hash_of(kind));
    while (place != end)
    {
        index = place->second - queue.removed();
        if (index >= queue.size())
        {
            place = places_.erase(place);
            continue;
        }
        if ((index == 0 || (queue[index - 1].flags & SF_FRAME_MORE) == 0) && kind_of(queue[index]) == kind)
        {
            return true;
        }
        ++place;
    }
    return false;
}

void Newest::remember(const memory::FrameRing& queue, std::string_view kind, std::size_t index) noexcept
{
    try
    {
        if (places_.size() > 2 * queue.size() + spare_places)
        {
            look_again(queue);
        }
        places_.emplace(hash_of(kind), queue.removed() + index);
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
            places_.emplace(hash_of(kind_of(queue[i])), queue.removed() + i);
        }
    }
    catch (const std::bad_alloc&)
    {
        return;
    }
}

} // namespace spaceframe::engine

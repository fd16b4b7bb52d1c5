#pragma once

#include "memory/slab.hpp"

#include <spaceframe/plugin/abi.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>
#include <vector>

namespace spaceframe::memory
{

/// A queue of whole messages as frames. Each frame inside owns one reference to its owner. Not thread-safe.
class FrameRing
{
public:
    FrameRing() noexcept = default;
    FrameRing(const FrameRing&) = delete;
    FrameRing& operator=(const FrameRing&) = delete;
    ~FrameRing()
    {
        clear();
    }

    bool empty() const noexcept
    {
        return count_ == 0;
    }

    /// Frames, not messages.
    std::size_t size() const noexcept
    {
        return count_;
    }

    /// Frames that have left at the front so far: frame `index` keeps `removed() + index` while others leave
    /// or come. Wraps.
    std::size_t removed() const noexcept
    {
        return removed_;
    }

    /// Makes room for `more` frames, so that as many pushes cannot fail. Throws std::bad_alloc.
    void reserve(std::size_t more)
    {
        if (count_ + more > slots_.size())
        {
            grow(count_ + more);
        }
    }

    /// Appends frames, whose references move in. Room was reserved.
    void push_back(const sf_frame* frames, std::size_t count) noexcept
    {
        const std::size_t mask = slots_.size() - 1;
        const std::size_t tail = (head_ + count_) & mask;
        const std::size_t first = std::min(count, slots_.size() - tail);
        std::memcpy(slots_.data() + tail, frames, first * sizeof(sf_frame));
        std::memcpy(slots_.data(), frames + first, (count - first) * sizeof(sf_frame));
        count_ += count;
    }

    /// Puts frames, in their order, before all others. Room was reserved.
    void push_front(const sf_frame* frames, std::size_t count) noexcept
    {
        for (std::size_t i = count; i-- > 0;)
        {
            head_ = (head_ - 1) & (slots_.size() - 1);
            slots_[head_] = frames[i];
            ++count_;
            --removed_;
        }
    }

    /// Frame `index` < size() from the front; the reference stays here.
    const sf_frame& operator[](std::size_t index) const noexcept
    {
        return slots_[(head_ + index) & (slots_.size() - 1)];
    }

    /// Removes the first frame; its reference is the caller's.
    sf_frame pop_front() noexcept
    {
        const sf_frame frame = slots_[head_];
        head_ = (head_ + 1) & (slots_.size() - 1);
        --count_;
        ++removed_;
        return frame;
    }

    /// Puts `frame`, whose reference moves in, in the place of frame `index` < size(), whose reference is the
    /// caller's.
    sf_frame exchange(std::size_t index, const sf_frame& frame) noexcept
    {
        return std::exchange(slots_[(head_ + index) & (slots_.size() - 1)], frame);
    }

    /// Removes the last frame; its reference is the caller's.
    sf_frame pop_back() noexcept
    {
        --count_;
        return slots_[(head_ + count_) & (slots_.size() - 1)];
    }

    /// Removes frame `index` < size(), in O(size() - index); its reference is the caller's.
    sf_frame erase(std::size_t index) noexcept
    {
        const sf_frame frame = (*this)[index];
        for (; index + 1 < count_; ++index)
        {
            slots_[(head_ + index) & (slots_.size() - 1)] = (*this)[index + 1];
        }
        --count_;
        return frame;
    }

    /// Moves the first `count` <= size() frames to the end of `target`, which has room for them.
    void move_front(std::size_t count, FrameRing& target) noexcept
    {
        const std::size_t first = std::min(count, slots_.size() - head_);
        target.push_back(slots_.data() + head_, first);
        target.push_back(slots_.data(), count - first);
        head_ = (head_ + count) & (slots_.size() - 1);
        count_ -= count;
        removed_ += count;
    }

    /// The frames of the first message; 0 when empty.
    std::size_t front_message() const noexcept
    {
        std::size_t frames = 0;
        while (frames < count_ && ((*this)[frames].flags & SF_FRAME_MORE) != 0)
        {
            ++frames;
        }
        return frames < count_ ? frames + 1 : 0;
    }

    /// Releases everything.
    void clear() noexcept
    {
        while (count_ > 0)
        {
            const sf_frame frame = pop_front();
            if (frame.owner != nullptr)
            {
                release(frame.owner);
            }
        }
    }

    /// Gives memory back when the ring is empty and was large.
    void shrink_if_idle() noexcept
    {
        if (count_ == 0 && slots_.size() > 4096)
        {
            slots_ = {};
            head_ = 0;
        }
    }

private:
    void grow(std::size_t wanted)
    {
        std::size_t capacity = slots_.empty() ? 16 : slots_.size();
        while (capacity < wanted)
        {
            capacity *= 2;
        }
        std::vector<sf_frame> larger(capacity);
        for (std::size_t i = 0; i < count_; ++i)
        {
            larger[i] = (*this)[i];
        }
        slots_.swap(larger);
        head_ = 0;
    }

    std::vector<sf_frame> slots_; // a power of two, or empty
    std::size_t head_ = 0;
    std::size_t count_ = 0;
    std::size_t removed_ = 0;
};

} // namespace spaceframe::memory

#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace spaceframe::pattern
{

/// Takes turns among the active of a set of small indices: load balancing where active means "has room", fair
/// queueing where it means "has messages". Every operation is O(1). Not thread-safe.
class Rotation
{
public:
    static constexpr std::uint32_t none = UINT32_MAX;

    /// Adds `index`; inactive. Throws std::bad_alloc, and has done nothing then.
    void add(std::uint32_t index)
    {
        if (index >= positions_.size())
        {
            positions_.resize(index + 1, absent);
        }
        members_.push_back(index);
        positions_[index] = members_.size() - 1;
    }

    void remove(std::uint32_t index) noexcept
    {
        deactivate(index);
        swap(positions_[index], members_.size() - 1);
        members_.pop_back();
        positions_[index] = absent;
    }

    bool contains(std::uint32_t index) const noexcept
    {
        return index < positions_.size() && positions_[index] != absent;
    }

    bool is_active(std::uint32_t index) const noexcept
    {
        return contains(index) && positions_[index] < active_;
    }

    void activate(std::uint32_t index) noexcept
    {
        if (!is_active(index))
        {
            swap(positions_[index], active_);
            ++active_;
        }
    }

    void deactivate(std::uint32_t index) noexcept
    {
        if (is_active(index))
        {
            --active_;
            swap(positions_[index], active_);
        }
    }

    std::size_t active() const noexcept
    {
        return active_;
    }

    std::size_t size() const noexcept
    {
        return members_.size();
    }

    /// Whose turn it is, or `none` when nobody is active. The turn stays until `advance`.
    std::uint32_t current() noexcept
    {
        if (active_ == 0)
        {
            return none;
        }
        if (cursor_ >= active_)
        {
            cursor_ = 0;
        }
        return members_[cursor_];
    }

    /// Whose turn it would be if everybody were active, or `none` when there are no members.
    std::uint32_t current_of_all() noexcept
    {
        if (members_.empty())
        {
            return none;
        }
        if (cursor_ >= members_.size())
        {
            cursor_ = 0;
        }
        return members_[cursor_];
    }

    void advance() noexcept
    {
        ++cursor_;
    }

private:
    static constexpr std::size_t absent = SIZE_MAX;

    void swap(std::size_t a, std::size_t b) noexcept
    {
        std::swap(members_[a], members_[b]);
        positions_[members_[a]] = a;
        positions_[members_[b]] = b;
    }

    std::vector<std::uint32_t> members_; // the first active_ are active
    std::vector<std::size_t> positions_; // by index
    std::size_t active_ = 0;
    std::size_t cursor_ = 0;
};

} // namespace spaceframe::pattern

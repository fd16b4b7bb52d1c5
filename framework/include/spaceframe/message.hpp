#pragma once

#include <spaceframe/config.hpp>

#include <boost/container/small_vector.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

/// A reference-counted block of memory (a slab); opaque here.
struct sf_owner;

namespace spaceframe
{

using Bytes = std::span<const std::byte>;

namespace detail
{
SPACEFRAME_API void retain(sf_owner* owner) noexcept;
SPACEFRAME_API void release(sf_owner* owner) noexcept;

/// A text as a parameter: whatever converts to std::string_view, borrowed for the call. Not so the two of
/// `{"a", "b"}`, which std::string_view takes for the ends of one text.
class Text
{
public:
    template <class T>
    requires std::is_convertible_v<const T&, std::string_view> Text(const T& text) : view_(text)
    {}

    operator std::string_view() const noexcept
    {
        return view_;
    }

private:
    std::string_view view_;
};
} // namespace detail

/// Immutable bytes that share their memory: copying a frame copies a pointer and counts a reference. Copies
/// may be used and destroyed by different threads; one object is for one thread at a time.
class Frame
{
public:
    /// An empty frame.
    Frame() noexcept = default;

    /// Copies `bytes` into memory of its own. Throws std::bad_alloc.
    SPACEFRAME_API explicit Frame(Bytes bytes);
    SPACEFRAME_API explicit Frame(detail::Text text);

    /// Takes over one reference to `owner`, which keeps [data, data + size) alive; nullptr for memory that
    /// lives for ever.
    Frame(sf_owner* owner, const std::byte* data, std::size_t size) noexcept
        : owner_(owner)
        , data_(data)
        , size_(size)
    {}

    Frame(const Frame& other) noexcept : owner_(other.owner_), data_(other.data_), size_(other.size_)
    {
        if (owner_ != nullptr)
        {
            detail::retain(owner_);
        }
    }

    Frame(Frame&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr))
        , data_(std::exchange(other.data_, nullptr))
        , size_(std::exchange(other.size_, 0))
    {}

    Frame& operator=(Frame other) noexcept
    {
        std::swap(owner_, other.owner_);
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        return *this;
    }

    ~Frame()
    {
        if (owner_ != nullptr)
        {
            detail::release(owner_);
        }
    }

    const std::byte* data() const noexcept
    {
        return data_;
    }

    std::size_t size() const noexcept
    {
        return size_;
    }

    bool empty() const noexcept
    {
        return size_ == 0;
    }

    /// Borrowed: valid as long as the frame, or a copy of it, lives.
    Bytes bytes() const noexcept
    {
        return {data_, size_};
    }

    /// Borrowed: valid as long as the frame, or a copy of it, lives.
    std::string_view text() const noexcept
    {
        return {reinterpret_cast<const char*>(data_), size_};
    }

    /// The memory's owner, or nullptr. The reference stays the frame's.
    sf_owner* owner() const noexcept
    {
        return owner_;
    }

    /// Gives the frame's reference to the caller and leaves the frame empty.
    sf_owner* detach() noexcept
    {
        data_ = nullptr;
        size_ = 0;
        return std::exchange(owner_, nullptr);
    }

private:
    sf_owner* owner_ = nullptr;
    const std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

/// One message: one or more frames that arrive all together or not at all. A message without frames cannot be
/// sent.
class Message
{
public:
    using Frames = boost::container::small_vector<Frame, 2>;
    using const_iterator = Frames::const_iterator;

    Message() noexcept = default;

    /// One frame with a copy of the text or bytes.
    explicit Message(detail::Text text)
    {
        frames_.emplace_back(text);
    }

    explicit Message(Bytes bytes)
    {
        frames_.emplace_back(bytes);
    }

    explicit Message(Frame frame)
    {
        frames_.push_back(std::move(frame));
    }

    /// One frame for each text: `Message{"topic", "body"}`.
    template <class... Texts>
    requires(std::is_convertible_v<const Texts&, std::string_view>&&...)
        Message(detail::Text first, detail::Text second, const Texts&... others)
    {
        frames_.reserve(2 + sizeof...(others));
        frames_.emplace_back(first);
        frames_.emplace_back(second);
        (frames_.emplace_back(std::string_view(others)), ...);
    }

    /// The number of frames.
    std::size_t size() const noexcept
    {
        return frames_.size();
    }

    bool empty() const noexcept
    {
        return frames_.empty();
    }

    /// The bytes of all frames together.
    std::size_t byte_size() const noexcept
    {
        std::size_t total = 0;
        for (const Frame& frame : frames_)
        {
            total += frame.size();
        }
        return total;
    }

    /// Frame `index` < size().
    const Frame& operator[](std::size_t index) const noexcept
    {
        return frames_[index];
    }

    const Frame& front() const noexcept
    {
        return frames_.front();
    }

    const Frame& back() const noexcept
    {
        return frames_.back();
    }

    const_iterator begin() const noexcept
    {
        return frames_.begin();
    }

    const_iterator end() const noexcept
    {
        return frames_.end();
    }

    void push_back(Frame frame)
    {
        frames_.push_back(std::move(frame));
    }

    void push_back(detail::Text text)
    {
        frames_.emplace_back(text);
    }

    void push_front(Frame frame)
    {
        frames_.insert(frames_.begin(), std::move(frame));
    }

    void push_front(detail::Text text)
    {
        push_front(Frame(text));
    }

    /// Removes and returns the first frame; the message must not be empty.
    Frame pop_front()
    {
        Frame first = std::move(frames_.front());
        frames_.erase(frames_.begin());
        return first;
    }

    /// Makes room for `frames` in all, so that as many can be there without an allocation.
    void reserve(std::size_t frames)
    {
        frames_.reserve(frames);
    }

    void clear() noexcept
    {
        frames_.clear();
    }

    /// Gives the reference of the only frame to the caller, who releases several at once; size() must be 1.
    /// The frame stays, empty.
    sf_owner* detach_only_frame() noexcept
    {
        return frames_.front().detach();
    }

private:
    Frames frames_;
};

} // namespace spaceframe

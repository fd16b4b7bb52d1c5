#include "memory/slab.hpp"

#include <spaceframe/message.hpp>

#include <cstring>
#include <new>

namespace spaceframe
{

namespace detail
{

void retain(sf_owner* owner) noexcept
{
    memory::retain(owner);
}

void release(sf_owner* owner) noexcept
{
    memory::release(owner);
}

} // namespace detail

Frame::Frame(Bytes bytes)
{
    if (bytes.empty())
    {
        return;
    }
    owner_ = memory::allocate(bytes.size());
    if (owner_ == nullptr)
    {
        throw std::bad_alloc();
    }
    std::memcpy(owner_->data, bytes.data(), bytes.size());
    data_ = reinterpret_cast<const std::byte*>(owner_->data);
    size_ = bytes.size();
}

Frame::Frame(detail::Text text) : Frame(std::as_bytes(std::span<const char>(std::string_view(text))))
{}

} // namespace spaceframe

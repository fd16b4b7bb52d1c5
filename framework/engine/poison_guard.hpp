#pragma once

namespace spaceframe::engine
{

/// Marks a connection as poisoned from the moment a write begins until it is known how far it went. A write
/// that ends in any other way (an error of the transport, an exception) leaves the mark: nobody knows what
/// the peer has seen, so nothing is ever written to it again.
class PoisonGuard
{
public:
    explicit PoisonGuard(bool& poisoned) noexcept : poisoned_(poisoned)
    {
        poisoned_ = true;
    }
    PoisonGuard(const PoisonGuard&) = delete;
    PoisonGuard& operator=(const PoisonGuard&) = delete;
    ~PoisonGuard() = default;

    void disarm() noexcept
    {
        poisoned_ = false;
    }

private:
    bool& poisoned_;
};

} // namespace spaceframe::engine

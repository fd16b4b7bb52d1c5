#pragma once

#include "engine/failure.hpp"

#include <spaceframe/plugin/abi.h>

#include <chrono>
#include <cstdint>

namespace spaceframe::engine
{

/// Where a connection that we dial is in its life. Names are resolved by the transport while
/// it dials.
enum class LifeState
{
    idle,
    connecting,
    handshaking,
    active,
    backoff,
    closed
};

/// The life of an endpoint that dials, without I/O (ReconnectState): events go in, the next step comes out.
class Life
{
public:
    enum class Step
    {
        none,
        dial, ///< begin to dial
        wait, ///< start a timer of `delay`, then call `delay_passed`
        stop, ///< the policy gave up
    };

    struct Next
    {
        Step step = Step::none;
        std::chrono::nanoseconds delay{0};
    };

    /// `table` and `schedule`, which stays the caller's, decide about delays.
    Life(const sf_reconnect& table, sf_schedule* schedule) noexcept : table_(table), schedule_(schedule)
    {}

    LifeState state() const noexcept
    {
        return state_;
    }

    /// Connections that completed their handshake so far.
    std::uint64_t successes() const noexcept
    {
        return successes_;
    }

    Next start() noexcept;
    /// The dial succeeded.
    void dialled() noexcept;
    /// The handshake is complete.
    void ready() noexcept;
    /// The dial failed, or the connection ended, in whatever state.
    Next ended(const Failure& failure) noexcept;
    Next delay_passed() noexcept;
    /// Nothing follows any more.
    void close() noexcept;

private:
    const sf_reconnect& table_;
    sf_schedule* schedule_;
    LifeState state_ = LifeState::idle;
    std::uint32_t attempt_ = 0;
    std::uint64_t successes_ = 0;
};

} // namespace spaceframe::engine

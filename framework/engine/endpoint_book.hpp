#pragma once

#include <spaceframe/error.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace spaceframe::engine
{

/// What has become of an endpoint: of each that the manifest names, and of each that the host opens.
struct EndpointState
{
    enum class Status
    {
        planned, ///< nobody opens it yet
        opening, ///< or dialled again
        ready,   ///< it listens, or has a connection whose handshake is complete
        failed,  ///< it could not be bound, its reconnect policy has given up, or what was adopted has ended
    };

    bool bind = false;
    std::string name; ///< as it was given; of an adopted one as we made it
    Status status = Status::planned;
    std::string bound = {}; ///< as it listens, wildcards resolved; empty before
    error_code error = {};  ///< why it failed
    bool adopted = false;   ///< a connection that the host made

    /// As given, or as bound.
    bool bears(std::string_view other) const noexcept
    {
        return name == other || (!other.empty() && bound == other);
    }
};

/// The endpoints of a socket, in the order in which they were opened, without I/O. Guarded by its owner.
class EndpointBook
{
public:
    using Entry = std::shared_ptr<EndpointState>;

    /// The manifest has it.
    void plan(bool bind, std::string_view name);
    /// It is being opened: the first that was planned under that name, or a new one, which takes the place
    /// of those under that name that have failed. Throws std::bad_alloc.
    Entry open(bool bind, std::string_view name);
    /// It is closed. Those that wait for it keep it.
    void remove(const Entry& entry) noexcept;
    /// A connection that the host hands over, under a name that no other has. Of those that have ended the
    /// last hundred are remembered. Throws std::bad_alloc.
    Entry adopt(std::string_view name);
    /// The one that was opened last under that name, as given or as bound. nullptr: there is none.
    Entry find(std::string_view name) const noexcept;
    /// As they were given, in order, each once; without those that were adopted.
    std::vector<std::string> names() const;
    /// What listens, in order.
    std::vector<std::string> bound() const;

private:
    std::vector<Entry> entries_;
};

} // namespace spaceframe::engine

#pragma once

#include "engine/connection_set.hpp"
#include "engine/dialer.hpp"
#include "engine/listener.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace spaceframe::engine
{

/// A socket with what it listens on and dials to. [any]
class Endpoints
{
public:
    Endpoints(Driver& driver, Reporter& reporter, std::shared_ptr<SocketCore> socket);
    Endpoints(const Endpoints&) = delete;
    Endpoints& operator=(const Endpoints&) = delete;

    SocketCore& socket() noexcept
    {
        return *socket_;
    }

    const std::shared_ptr<SocketCore>& shared_socket() const noexcept
    {
        return socket_;
    }

    /// The loops run: endpoints may be opened.
    void start();
    /// Opens an endpoint. Returns it as bound, or as given. Throws boost::system::system_error.
    std::string open(manifest::Endpoint endpoint);
    /// The same for an endpoint that a host gives in code.
    std::string open(bool bind, std::string_view uri);
    /// What is bound, in order.
    std::vector<std::string> bound() const;
    /// Listens no more, and opens nothing new. Endpoints that dial go on, for messages that wait for their
    /// connection.
    void stop_listening();
    /// Dials no more.
    void stop_dialling();
    /// Closes every connection and waits until all are gone. After stop_dialling() and SocketCore::shut().
    void close_connections();

private:
    Driver& driver_;
    Reporter& reporter_;
    std::shared_ptr<SocketCore> socket_;
    ConnectionSet connections_;
    enum class Phase
    {
        made,
        open,
        closed
    };

    void check_phase() const;

    mutable std::mutex mutex_;
    Phase phase_ = Phase::made;
    std::vector<std::shared_ptr<Listener>> listeners_;
    std::vector<std::shared_ptr<Dialer>> dialers_;
};

} // namespace spaceframe::engine

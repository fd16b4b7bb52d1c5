#pragma once

#include "engine/connection_set.hpp"
#include "engine/dialer.hpp"
#include "engine/endpoint_book.hpp"
#include "engine/listener.hpp"

#include <memory>
#include <mutex>
#include <optional>
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

    Reporter& reporter() noexcept
    {
        return reporter_;
    }

    /// The loops run: endpoints may be opened.
    void start();
    /// Opens an endpoint. Returns it as bound, or as given. Throws boost::system::system_error.
    std::string open(manifest::Endpoint endpoint);
    /// The same for an endpoint that a host gives in code, with options that count for it alone.
    std::string open(bool bind, std::string_view uri, const std::vector<Option>& overrides);
    /// Begins to open an endpoint, and waits for no loop. Throws boost::system::system_error when that cannot
    /// be begun; what comes of it is in the result, for settle().
    EndpointBook::Entry begin_open(bool bind, std::string_view uri, const std::vector<Option>& overrides);
    /// True when it is settled whether the endpoint that is asked for is ready: no error, it is. Of one that
    /// is bound it tells where.
    bool settle(detail::Request& request) const;
    /// Waits until that is settled. True: it is ready.
    bool wait_for(std::string_view endpoint, std::chrono::nanoseconds timeout, error_code& error);
    /// Why nothing can be waited for at that endpoint: the socket has none such, but others. Empty: it has.
    std::string why_unknown(std::string_view endpoint) const;
    /// What is bound, in order.
    std::vector<std::string> bound() const;
    /// Closes in three steps, each of which may be taken by several threads. Throws errc::would_deadlock on a
    /// loop.
    CloseReport close(Clock::time_point deadline);
    /// The last step as soon as everything is written, at `end`, or when the socket's `linger` has passed,
    /// and without a wait. Nothing: not yet; the socket's waiting calls are tried again when it may be time.
    /// Throws std::bad_alloc.
    std::optional<CloseReport> try_finish_close(Clock::time_point end);
    /// Takes nothing new and listens no more. Endpoints that dial go on, for messages that wait for their
    /// connection.
    void begin_close();
    /// Waits until everything is written, until `deadline`, or until the socket's `linger` has passed.
    void drain(Clock::time_point deadline);
    /// Discards what is left and closes everything; returns what the first call did. On a host's contexts the
    /// connections have until `deadline` to go, and go later otherwise. Without a deadline it waits for
    /// nobody: what another thread closes already is left to it.
    CloseReport finish_close(std::optional<Clock::time_point> deadline);

private:
    /// An endpoint, one of the two kinds, and its place in the book.
    struct Opening
    {
        EndpointBook::Entry entry;
        std::shared_ptr<Listener> listener;
        std::shared_ptr<Dialer> dialer;
    };

    manifest::Endpoint describe(bool bind, std::string_view uri, const std::vector<Option>& overrides) const;
    void add_listener(const std::shared_ptr<Stack>& stack, Opening& opening);
    void add_dialer(const std::shared_ptr<Stack>& stack, Opening& opening);
    void open_listener(const Opening& opening, std::string& name);
    void forget(const Opening& opening, const error_code& error) noexcept;
    void tell(const EndpointBook::Entry& entry, EndpointState::Status status,
              const error_code& error = {}) noexcept;
    CloseReport finish(std::optional<Clock::time_point> deadline);
    void stop_listening();
    void stop_dialling(bool wait);
    Clock::time_point drained_by(Clock::time_point deadline) const;
    void close_connections(std::optional<Clock::time_point> deadline);

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

    std::mutex close_mutex_;
    std::optional<CloseReport> report_;
    mutable std::mutex mutex_;
    Phase phase_ = Phase::made;
    std::optional<Clock::time_point> linger_end_;
    std::vector<std::shared_ptr<Listener>> listeners_;
    std::vector<std::shared_ptr<Dialer>> dialers_;
    EndpointBook book_;
};

} // namespace spaceframe::engine

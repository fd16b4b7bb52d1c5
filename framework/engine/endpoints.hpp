#pragma once

#include "engine/connection_set.hpp"
#include "engine/dialer.hpp"
#include "engine/endpoint_book.hpp"
#include "engine/listener.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
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

    SocketReporter& reporter() noexcept
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
    /// Takes over a connection that the host made and of which `handle` tells that transport, and waits for
    /// no loop. Returns its name. Throws boost::system::system_error, or std::bad_alloc, and then `handle` is
    /// the caller's as before; whatever happens later is told of the endpoint of that name.
    std::string adopt(std::string_view transport, std::uintptr_t handle,
                      const std::vector<Option>& overrides);
    /// True when it is settled whether the endpoint that is asked for is ready: no error, it is. Of one that
    /// is bound it tells where.
    bool settle(detail::Request& request) const;
    /// Waits until that is settled. True: it is ready.
    bool wait_for(std::string_view endpoint, std::chrono::nanoseconds timeout, error_code& error);
    /// Why nothing can be waited for at that endpoint: the socket has none such, but others. Empty: it has.
    std::string why_unknown(std::string_view endpoint) const;
    /// What is bound, in order.
    std::vector<std::string> bound() const;
    /// Listens at that endpoint no more, or dials it no more and ends its connection, or ends what was
    /// adopted; of several that were given alike the last one. Throws boost::system::system_error, and
    /// nothing is changed then.
    void close_endpoint(bool bind, std::string_view name);
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
    /// Waits until everything is written or nobody can come for the rest, until `deadline`, or until the
    /// socket's `linger` has passed.
    void drain(Clock::time_point deadline);
    /// Discards what is left and closes everything; returns what the first call did. On a host's contexts the
    /// connections have until `deadline` to go, and go later otherwise. Without a deadline it waits for
    /// nobody: what another thread closes already is left to it.
    CloseReport finish_close(std::optional<Clock::time_point> deadline);

private:
    /// An endpoint, one of the three kinds, and its place in the book.
    struct Opening
    {
        EndpointBook::Entry entry;
        std::shared_ptr<Listener> listener;
        std::shared_ptr<Dialer> dialer;
        std::weak_ptr<Connection> adopted;

        /// What is adopted does from the moment at which its connection can be ended.
        bool exists() const noexcept
        {
            return !entry->adopted || !adopted.expired();
        }
    };

    manifest::Endpoint describe(bool bind, std::string_view uri, const std::vector<Option>& overrides) const;
    void add_listener(const std::shared_ptr<Stack>& stack, Opening& opening);
    void add_dialer(const std::shared_ptr<Stack>& stack, Opening& opening);
    void drop_failed(bool bind, std::string_view name) noexcept;
    void open_listener(const Opening& opening, std::string& name);
    std::string list_names() const;
    void forget(const Opening& opening, const error_code& error) noexcept;
    Opening add_adopted(const std::string& name);
    void begin_adopted(const std::shared_ptr<Connection>& connection, const Stack& stack,
                       const Opening& opening) noexcept;
    void show_adopted(const std::shared_ptr<Connection>& connection, const Opening& opening) noexcept;
    void end_adopted(std::size_t loop, const Stack& stack, const Opening& opening,
                     const Failure& failure) noexcept;
    void tell_adopted(Event::Kind kind, std::size_t loop, const Stack& stack,
                      const Failure& failure) noexcept;
    void tell(const EndpointBook::Entry& entry, EndpointState::Status status,
              const error_code& error = {}) noexcept;
    CloseReport finish(std::optional<Clock::time_point> deadline);
    void stop_listening();
    void stop_dialling(bool wait);
    bool is_forsaken() const;
    void end_events() noexcept;
    template <class Close>
    void run_closing(Loop& loop, Close close, bool wait);
    Clock::time_point drained_by(Clock::time_point deadline) const;
    void close_connections(std::optional<Clock::time_point> deadline);

    Driver& driver_;
    std::shared_ptr<SocketCore> socket_;
    SocketReporter reporter_;
    ConnectionSet connections_;
    enum class Phase
    {
        made,
        open,
        closed
    };

    void check_phase() const;

    std::atomic<bool> finished_{false};    // everything is closed, or about to be
    std::atomic<std::size_t> closings_{0}; // what is about to be, on its loop
    std::mutex close_mutex_;
    std::optional<CloseReport> report_;
    mutable std::mutex mutex_;
    Phase phase_ = Phase::made;
    std::optional<Clock::time_point> linger_end_;
    std::vector<Opening> openings_; // and those that failed after they were opened
    EndpointBook book_;
    std::uint64_t adoptions_ = 0; // that were tried
};

} // namespace spaceframe::engine

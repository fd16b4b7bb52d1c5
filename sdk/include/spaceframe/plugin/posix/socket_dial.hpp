#pragma once

#include <spaceframe/plugin/posix/dial_deadline.hpp>
#include <spaceframe/plugin/posix/socket_stream.hpp>
#include <spaceframe/plugin/transport.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <errno.h>
#include <sys/socket.h>

namespace spaceframe::plugin::posix
{

// The nested class Dial of a transport over sockets: tries addresses one after the other until one answers.
class SocketDial
{
public:
    // `target` is the address as the user wrote it, for messages. `connect_timeout` bounds the attempts on
    // all addresses together (DialDeadline), from the moment that they are known; 0 leaves it to the system.
    // Throws; nothing happens before one of the `start` functions is called, and after it the object disposes
    // of itself.
    SocketDial(Host host, sf_loop* loop, std::string target, std::shared_ptr<const SocketKind> kind,
               std::chrono::nanoseconds connect_timeout, StreamCallback<SocketStream> dialed)
        : host_(host)
        , loop_(loop)
        , target_(std::move(target))
        , kind_(std::move(kind))
        , deadlines_(connect_timeout)
        , dialed_(dialed)
        , timer_(host, loop)
    {}

    // Dials these addresses, at least one.
    void start(std::vector<sf_address> addresses) noexcept
    {
        addresses_ = std::move(addresses);
        ++outstanding_;
        host_.post(loop_, callback<&SocketDial::on_start>(this));
    }

    // Looks `node` up and dials what comes. When it does not return SF_OK, nothing was started.
    Status start(const char* node, const char* service, std::uint32_t resolve_flags) noexcept
    {
        const Status status =
            host_.resolve(loop_, node, service, resolve_flags, &SocketDial::on_resolved, this, &lookup_);
        outstanding_ += status == SF_OK ? 1 : 0;
        return status;
    }

    void cancel() noexcept
    {
        cancelled_ = true;
        if (lookup_ != nullptr)
        {
            host_.resolve_cancel(std::exchange(lookup_, nullptr));
        }
        watch_.close();
        timer_.close();
        socket_.close();
    }

private:
    // The pause before a local listener whose queue is full is tried again.
    static constexpr std::uint64_t queue_pause = 10'000'000; // nanoseconds

    // Counts a callback while it runs; ends a dial that was cancelled, and disposes of one that is over.
    class Event
    {
    public:
        explicit Event(SocketDial& dial) noexcept : dial_(dial)
        {
            if (dial_.cancelled_ && !dial_.over_)
            {
                dial_.over_ = true;
                dial_.host_.fail(SF_CANCELLED, "the dial was cancelled");
                dial_.dialed_.fail(SF_CANCELLED);
            }
        }

        Event(const Event&) = delete;
        Event& operator=(const Event&) = delete;

        ~Event()
        {
            if (--dial_.outstanding_ == 0)
            {
                delete &dial_;
            }
        }

        // Is there anything to do? What was cancelled by the dial itself is stale.
        bool matters(Status status) const noexcept
        {
            return !dial_.over_ && status != SF_CANCELLED;
        }

    private:
        SocketDial& dial_;
    };

    static void on_resolved(void* context, Status status, const sf_address* addresses,
                            std::size_t count) noexcept
    {
        SocketDial& dial = *static_cast<SocketDial*>(context);
        const Event event(dial);
        dial.lookup_ = nullptr;
        if (event.matters(SF_OK))
        {
            dial.resolved(status, addresses, count);
        }
    }

    void resolved(Status status, const sf_address* addresses, std::size_t count) noexcept
    {
        if (status != SF_OK || count == 0)
        {
            fail_lookup(status == SF_OK ? SF_NOT_FOUND : status);
            return;
        }
        try
        {
            addresses_.assign(addresses, addresses + count);
        }
        catch (...)
        {
            give_up(plugin::detail::report_exception(host_.table()));
            return;
        }
        first_address();
    }

    void fail_lookup(Status status) noexcept
    {
        try
        {
            host_.fail(status,
                       "cannot connect to " + target_ +
                           ": the name leads to no address; check its spelling and the resolver (with `ipv6 "
                           "true` IPv6 addresses count too)");
        }
        catch (...)
        {
            status = plugin::detail::report_exception(host_.table());
        }
        give_up(status);
    }

    void on_start(Status status) noexcept
    {
        const Event event(*this);
        if (event.matters(status))
        {
            first_address();
        }
    }

    // Connecting has ended, one way or the other.
    void on_writable(Status status) noexcept
    {
        const Event event(*this);
        if (!event.matters(status))
        {
            return;
        }
        if (status != SF_OK)
        {
            give_up(status);
            return;
        }
        int os_error = 0;
        socklen_t length = sizeof os_error;
        if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &os_error, &length) != 0)
        {
            os_error = errno;
        }
        conclude(os_error);
    }

    void on_timer(Status status) noexcept
    {
        const Event event(*this);
        if (!event.matters(status))
        {
            return;
        }
        const bool paused = std::exchange(paused_, false);
        paused&& host_.now() < deadline_ ? attempt() : conclude(ETIMEDOUT);
    }

    void first_address() noexcept
    {
        deadlines_.start(host_.now(), addresses_.size());
        next_address();
    }

    void next_address() noexcept
    {
        deadline_ = deadlines_.next(host_.now());
        attempt();
    }

    void attempt() noexcept
    {
        const sf_address& address = addresses_[current_];
        socket_ = Descriptor(::socket(family_of(address), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        if (!socket_)
        {
            conclude(errno);
            return;
        }
        try
        {
            kind_->prepare(socket_.get());
        }
        catch (...)
        {
            give_up(plugin::detail::report_exception(host_.table()));
            return;
        }
        if (::connect(socket_.get(), as_sockaddr(address), address.length) == 0)
        {
            conclude(0);
        }
        else if (errno == EINPROGRESS || errno == EINTR)
        {
            wait();
        }
        else if (errno == EAGAIN)
        {
            pause();
        }
        else
        {
            conclude(errno);
        }
    }

    void wait() noexcept
    {
        try
        {
            watch_ = Watch(host_, loop_, socket_.get());
        }
        catch (...)
        {
            give_up(plugin::detail::report_exception(host_.table()));
            return;
        }
        ++outstanding_;
        watch_.wait(SF_WRITABLE, callback<&SocketDial::on_writable>(this));
        if (deadline_ != SF_NEVER)
        {
            const sf_time now = host_.now();
            start_timer(deadline_ > now ? deadline_ - now : 0);
        }
    }

    void pause() noexcept
    {
        socket_.close();
        paused_ = true;
        start_timer(queue_pause);
    }

    void start_timer(std::uint64_t delay) noexcept
    {
        ++outstanding_;
        timer_.start(delay, callback<&SocketDial::on_timer>(this));
    }

    // One address has answered: with 0, or an errno.
    void conclude(int os_error) noexcept
    {
        watch_.close();
        timer_.cancel();
        if (os_error == 0 && connected_to_itself())
        {
            os_error = ECONNREFUSED;
        }
        if (os_error == 0)
        {
            succeed();
            return;
        }
        socket_.close();
        try
        {
            failures_ +=
                (failures_.empty() ? "" : ", ") + text_of(addresses_[current_]) + ": " + text_of(os_error);
        }
        catch (...)
        {
            give_up(plugin::detail::report_exception(host_.table()));
            return;
        }
        if (++current_ != addresses_.size())
        {
            next_address();
            return;
        }
        fail_all(os_error);
    }

    // A dial to a free port of this machine may be given that very port as its own, and so meet itself.
    bool connected_to_itself() const noexcept
    {
        const sf_address local = local_address(socket_.get());
        const sf_address peer = peer_address(socket_.get());
        const int family = family_of(local);
        return (family == AF_INET || family == AF_INET6) && local.length == peer.length &&
               std::memcmp(local.bytes, peer.bytes, local.length) == 0;
    }

    void succeed() noexcept
    {
        SocketStream* stream = nullptr;
        try
        {
            kind_->configure(socket_.get());
            Properties properties = kind_->properties(socket_.get(), peer_address(socket_.get()));
            stream = new SocketStream(host_, std::move(socket_), std::move(properties));
        }
        catch (...)
        {
            give_up(plugin::detail::report_exception(host_.table()));
            return;
        }
        over_ = true;
        timer_.close();
        dialed_(stream);
    }

    // `os_error` is that of the last address.
    void fail_all(int os_error) noexcept
    {
        Status status = status_of(os_error);
        try
        {
            const std::string remedy = remedy_of(os_error);
            const bool plain = addresses_.size() == 1 && text_of(addresses_[0]) == target_;
            const std::string what = "cannot connect to " + target_;
            const std::string reason = " (" + failures_ + ")" + (remedy.empty() ? "" : "; " + remedy);
            host_.fail(status, plain ? sentence(what, os_error, remedy) : what + reason, os_error);
        }
        catch (...)
        {
            status = plugin::detail::report_exception(host_.table());
        }
        give_up(status);
    }

    // The reason was given.
    void give_up(Status status) noexcept
    {
        over_ = true;
        watch_.close();
        timer_.close();
        socket_.close();
        dialed_.fail(status);
    }

    Host host_;
    sf_loop* loop_;
    std::string target_;
    std::shared_ptr<const SocketKind> kind_;
    DialDeadline deadlines_;
    StreamCallback<SocketStream> dialed_;
    Timer timer_;
    sf_lookup* lookup_ = nullptr;
    std::vector<sf_address> addresses_;
    std::size_t current_ = 0;
    Descriptor socket_;
    Watch watch_;
    sf_time deadline_ = SF_NEVER; // of the current address
    std::string failures_;
    unsigned outstanding_ = 0; // callbacks that were asked for and have not come
    bool paused_ = false;      // the timer ends a pause, not an attempt
    bool cancelled_ = false;
    bool over_ = false; // `dialed` was called
};

} // namespace spaceframe::plugin::posix

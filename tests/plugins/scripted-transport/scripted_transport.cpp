#include "scripted_transport.hpp"

#include <cerrno>
#include <map>
#include <mutex>
#include <string_view>
#include <utility>

namespace spaceframe::scripted_transport
{

// What a dial needs of a listener. `open` belongs to the listener's loop.
class Listening
{
public:
    plugin::Host host;
    sf_loop* loop;
    Behaviour behaviour;
    std::string name;
    plugin::StreamCallback<Stream> accepted;
    bool open = true;
};

namespace
{

// Who listens in this process.
struct Registry
{
    std::mutex mutex;
    std::map<std::string, std::shared_ptr<Listening>, std::less<>> names;
};

Registry& registry()
{
    static Registry instance;
    return instance;
}

// Connections of which one end was adopted.
struct LooseEnds
{
    std::mutex mutex;
    std::map<std::uintptr_t, std::weak_ptr<Wire>> wires;
};

LooseEnds& loose_ends()
{
    static LooseEnds instance;
    return instance;
}

// A connection on its way to the listener.
struct Arrival
{
    std::shared_ptr<Listening> listening;
    Stream* stream;

    void announce(plugin::Status) noexcept
    {
        const std::unique_ptr<Arrival> self(this);
        if (listening->open)
        {
            listening->accepted(stream);
        }
        else
        {
            stream->close();
        }
    }
};

plugin::Result copy_text(std::string_view text, char* buffer, std::size_t capacity) noexcept
{
    if (text.size() >= capacity)
    {
        return -SF_TOO_LARGE;
    }
    buffer[text.copy(buffer, text.size())] = '\0';
    return static_cast<plugin::Result>(text.size());
}

} // namespace

plugin::Status check_name(plugin::Host host, const char* name) noexcept
{
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./";
    const std::string_view text(name);
    if (text.empty() || text.find_first_not_of(allowed) != std::string_view::npos)
    {
        return host.fail(SF_INVALID,
                         "an in-memory address is a name of letters, digits, '-', '_', '.' and '/'");
    }
    return SF_OK;
}

Stream::Stream(std::shared_ptr<Wire> wire, std::size_t side, std::string name)
    : wire_(std::move(wire))
    , side_(side)
    , name_(std::move(name))
{}

plugin::Status Stream::attach(sf_loop* loop) noexcept
{
    wire_->attach(side_, loop);
    return SF_OK;
}

std::uint32_t Stream::flags() const noexcept
{
    return wire_->flags(side_);
}

plugin::Result Stream::read(std::uint8_t* buffer, std::size_t capacity, std::uint32_t& flags) noexcept
{
    flags = 0;
    return wire_->read(side_, {buffer, capacity});
}

plugin::Result Stream::write(const sf_iov* buffers, std::size_t count) noexcept
{
    return wire_->write(side_, {buffers, count});
}

void Stream::wait(std::uint32_t direction, plugin::Callback callback) noexcept
{
    wire_->wait(side_, direction, callback);
}

plugin::Result Stream::property(const char* name, char* buffer, std::size_t capacity) noexcept
{
    const bool is_listener = std::string_view(name) == (side_ == 0 ? "peer" : "local");
    const bool is_dialler = std::string_view(name) == (side_ == 0 ? "local" : "peer");
    if (!is_listener && !is_dialler)
    {
        return -SF_NOT_FOUND;
    }
    return copy_text(is_listener ? std::string_view(name_) : "dialler", buffer, capacity);
}

void Stream::close() noexcept
{
    wire_->close(side_);
    delete this;
}

std::unique_ptr<Stream> adopt(plugin::Host host, const Behaviour& behaviour, std::uintptr_t handle)
{
    if (handle == 0)
    {
        throw plugin::Error(SF_INVALID, "0 is the number of no connection");
    }
    const std::lock_guard lock(loose_ends().mutex);
    auto& waiting = loose_ends().wires;
    if (const auto found = waiting.find(handle); found != waiting.end())
    {
        if (const std::shared_ptr<Wire> wire = found->second.lock())
        {
            auto stream = std::make_unique<Stream>(wire, 1, "adopted");
            wire->join(host, behaviour);
            waiting.erase(found);
            return stream;
        }
    }
    const auto wire = std::make_shared<Wire>(host, behaviour, host, behaviour);
    auto stream = std::make_unique<Stream>(wire, 0, "adopted");
    waiting[handle] = wire;
    return stream;
}

Listener::Listener(plugin::Host host, sf_loop* loop, const Behaviour& behaviour, const char* name,
                   plugin::StreamCallback<Stream> accepted)
    : listening_(std::make_shared<Listening>(Listening{host, loop, behaviour, name, accepted}))
{
    const std::lock_guard lock(registry().mutex);
    if (!registry().names.try_emplace(listening_->name, listening_).second)
    {
        throw plugin::Error(SF_SYSTEM, "somebody listens under the name '" + listening_->name + "'",
                            EADDRINUSE);
    }
}

plugin::Result Listener::address(char* buffer, std::size_t capacity) noexcept
{
    return copy_text(listening_->name, buffer, capacity);
}

void Listener::close() noexcept
{
    listening_->open = false;
    {
        const std::lock_guard lock(registry().mutex);
        registry().names.erase(listening_->name);
    }
    delete this;
}

Dial::Dial(plugin::Host host, sf_loop* loop, const Behaviour& behaviour, const char* name,
           plugin::StreamCallback<Stream> dialed)
    : host_(host)
    , dialed_(dialed)
{
    {
        // Held until the arrival is posted: nothing is posted to the listener's loop once it has been closed.
        const std::lock_guard lock(registry().mutex);
        if (const auto found = registry().names.find(name); found != registry().names.end())
        {
            const std::shared_ptr<Listening>& listening = found->second;
            const auto wire = std::make_shared<Wire>(host, behaviour, listening->host, listening->behaviour);
            auto ours = std::make_unique<Stream>(wire, 0, listening->name);
            auto theirs = std::make_unique<Stream>(wire, 1, listening->name);
            auto arrival = std::make_unique<Arrival>(Arrival{listening, nullptr});
            stream_ = ours.release();
            arrival->stream = theirs.release();
            listening->host.post(listening->loop, plugin::callback<&Arrival::announce>(arrival.release()));
        }
    }
    host.post(loop, plugin::callback<&Dial::report>(this));
}

void Dial::cancel() noexcept
{
    cancelled_ = true;
}

void Dial::report(plugin::Status) noexcept
{
    const std::unique_ptr<Dial> self(this);
    if (cancelled_)
    {
        if (stream_ != nullptr)
        {
            stream_->close();
        }
        dialed_.fail(SF_CANCELLED);
    }
    else if (stream_ != nullptr)
    {
        dialed_(stream_);
    }
    else
    {
        dialed_.fail(host_.fail_system(ECONNREFUSED, "nobody listens under this name"));
    }
}

} // namespace spaceframe::scripted_transport

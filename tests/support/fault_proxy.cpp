#include "fault_proxy.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <future>
#include <set>
#include <stdexcept>
#include <utility>

namespace spaceframe::testing
{

using boost::asio::ip::tcp;
using boost::system::error_code;

struct EndAfter
{
    std::size_t bytes;
    FaultProxy::End how;
};

namespace
{

constexpr std::chrono::milliseconds lateness{2};

tcp::endpoint parse(std::string_view endpoint)
{
    const std::string_view port = endpoint.substr(endpoint.rfind(':') + 1);
    std::uint16_t number = 0;
    if (std::from_chars(port.data(), port.data() + port.size(), number).ec != std::errc())
    {
        throw std::invalid_argument("not tcp://127.0.0.1:PORT: " + std::string(endpoint));
    }
    return {boost::asio::ip::address_v4::loopback(), number};
}

} // namespace

// What the proxy's thread owns.
class FaultProxy::Network : public std::enable_shared_from_this<Network>
{
public:
    explicit Network(std::string_view where)
        : acceptor(context, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0))
        , target(parse(where))
    {}

    void accept();
    void set_passage(Passage changed);
    void end(End how);
    void vanish(Side side);

    boost::asio::io_context context{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
    tcp::acceptor acceptor;
    tcp::endpoint target;
    Passage passage = Passage::whole;
    std::optional<EndAfter> end_after;
    std::size_t connections = 0;
    std::set<std::shared_ptr<Link>> links;
};

class FaultProxy::Link : public std::enable_shared_from_this<Link>
{
public:
    Link(std::shared_ptr<Network> network, tcp::socket dialer)
        : network_(std::move(network))
        , ways_{Way(std::move(dialer), network_->context),
                Way(tcp::socket(network_->context), network_->context)}
    {}

    void start()
    {
        ways_[1].from.async_connect(network_->target,
                                    [self = shared_from_this()](const error_code& error)
                                    {
                                        error ? self->end(End::orderly) : self->begin();
                                    });
    }

    void resume()
    {
        for (std::size_t way = 0; way < ways_.size(); ++way)
        {
            if (std::exchange(ways_[way].waits, false))
            {
                read(way);
            }
        }
    }

    void end(End how)
    {
        for (Way& way : ways_)
        {
            close(way.from, how);
        }
        network_->links.erase(shared_from_this());
    }

    void vanish(Side side)
    {
        vanished_ = side == Side::dialer ? 0 : 1;
        close(ways_[*vanished_].from, End::reset);
    }

private:
    // From one side to the other: 0 from the dialer, 1 from the target.
    struct Way
    {
        Way(tcp::socket socket, boost::asio::io_context& context) : from(std::move(socket)), timer(context)
        {}

        tcp::socket from;
        boost::asio::steady_timer timer;
        std::array<char, 65536> bytes{};
        bool waits = false;
    };

    static void close(tcp::socket& socket, End how)
    {
        error_code ignored;
        if (how == End::reset)
        {
            socket.set_option(boost::asio::socket_base::linger(true, 0), ignored);
        }
        socket.close(ignored);
    }

    void begin()
    {
        ++network_->connections;
        end_after_ = std::exchange(network_->end_after, std::nullopt);
        for (Way& way : ways_)
        {
            error_code ignored;
            way.from.set_option(tcp::no_delay(true), ignored);
        }
        read(1);
        read(0);
    }

    void read(std::size_t index)
    {
        Way& way = ways_[index];
        if (network_->passage == Passage::none)
        {
            way.waits = true;
            return;
        }
        if (index == 0 && end_after_ && end_after_->bytes == 0)
        {
            end(end_after_->how);
            return;
        }
        std::size_t most = network_->passage == Passage::trickle ? 1 : way.bytes.size();
        if (index == 0 && end_after_)
        {
            most = std::min(most, end_after_->bytes);
        }
        way.from.async_read_some(
            boost::asio::buffer(way.bytes, most),
            [self = shared_from_this(), index](const error_code& error, std::size_t count)
            {
                self->arrived(index, error, count);
            });
    }

    void arrived(std::size_t index, const error_code& error, std::size_t count)
    {
        if (error)
        {
            if (vanished_ != index)
            {
                end(End::orderly);
            }
            return;
        }
        if (vanished_)
        {
            read(index);
            return;
        }
        if (network_->passage != Passage::late)
        {
            write(index, count);
            return;
        }
        ways_[index].timer.expires_after(lateness);
        ways_[index].timer.async_wait(
            [self = shared_from_this(), index, count](const error_code&)
            {
                self->write(index, count);
            });
    }

    void write(std::size_t index, std::size_t count)
    {
        boost::asio::async_write(
            ways_[1 - index].from, boost::asio::buffer(ways_[index].bytes, count),
            [self = shared_from_this(), index](const error_code& error, std::size_t written)
            {
                self->written(index, error, written);
            });
    }

    void written(std::size_t index, const error_code& error, std::size_t count)
    {
        if (error && !vanished_)
        {
            end(End::orderly);
            return;
        }
        if (index == 0 && end_after_)
        {
            end_after_->bytes -= count;
        }
        read(index);
    }

    std::shared_ptr<Network> network_;
    std::array<Way, 2> ways_;
    std::optional<EndAfter> end_after_;
    std::optional<std::size_t> vanished_; // the way from whoever is gone
};

void FaultProxy::Network::accept()
{
    acceptor.async_accept(
        [self = shared_from_this()](const error_code& error, tcp::socket dialer)
        {
            if (error == boost::asio::error::operation_aborted)
            {
                return;
            }
            if (error)
            {
                self->accept();
                return;
            }
            const auto link = std::make_shared<Link>(self, std::move(dialer));
            self->links.insert(link);
            link->start();
            self->accept();
        });
}

void FaultProxy::Network::set_passage(Passage changed)
{
    passage = changed;
    for (const auto& link : std::set(links))
    {
        link->resume();
    }
}

void FaultProxy::Network::end(End how)
{
    for (const auto& link : std::set(links))
    {
        link->end(how);
    }
}

void FaultProxy::Network::vanish(Side side)
{
    for (const auto& link : links)
    {
        link->vanish(side);
    }
}

FaultProxy::FaultProxy(std::string_view target)
    : network_(std::make_shared<Network>(target))
    , endpoint_("tcp://127.0.0.1:" + std::to_string(network_->acceptor.local_endpoint().port()))
{
    network_->accept();
    thread_ = std::thread(
        [this]
        {
            network_->context.run();
        });
}

FaultProxy::~FaultProxy()
{
    run(
        [this]
        {
            network_->acceptor.close();
            network_->end(End::orderly);
            network_->work.reset();
        });
    thread_.join();
}

void FaultProxy::run(const std::function<void()>& function) const
{
    std::promise<void> done;
    boost::asio::post(network_->context,
                      [&]
                      {
                          function();
                          done.set_value();
                      });
    done.get_future().wait();
}

void FaultProxy::set_target(std::string_view target)
{
    const tcp::endpoint where = parse(target);
    run(
        [&]
        {
            network_->target = where;
        });
}

void FaultProxy::set_passage(Passage passage)
{
    run(
        [&]
        {
            network_->set_passage(passage);
        });
}

void FaultProxy::end(End how)
{
    run(
        [&]
        {
            network_->end(how);
        });
}

void FaultProxy::end_next_after(std::size_t bytes, End how)
{
    run(
        [&]
        {
            network_->end_after = EndAfter{bytes, how};
        });
}

void FaultProxy::vanish(Side side)
{
    run(
        [&]
        {
            network_->vanish(side);
        });
}

std::size_t FaultProxy::connections() const
{
    std::size_t count = 0;
    run(
        [&]
        {
            count = network_->connections;
        });
    return count;
}

} // namespace spaceframe::testing

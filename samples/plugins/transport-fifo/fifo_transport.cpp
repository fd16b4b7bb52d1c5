#include "fifo_transport.hpp"

namespace fifo
{

FifoTransport::FifoTransport(sdk::Host host, const sdk::Options& options)
    : host_(host)
    , capacity_(static_cast<int>(options.bytes("capacity")))
    , connect_timeout_(options.duration("connect_timeout"))
{}

sdk::Status FifoTransport::check_address(sdk::Host, const char* address, bool)
{
    check_path(address);
    return SF_OK;
}

sdk::Status FifoTransport::listen(sf_loop* loop, const char* address, sdk::StreamCallback<Stream> accepted,
                                  Listener*& listener)
{
    check_path(address);
    listener = new Listener(host_, loop, address, capacity_, accepted);
    listener->start();
    return SF_OK;
}

sdk::Status FifoTransport::dial(sf_loop* loop, const char* address, sdk::StreamCallback<Stream> dialed,
                                Dial*& dial)
{
    check_path(address);
    dial = new Dial(host_, loop, address, capacity_, dialed);
    dial->start(connect_timeout_);
    return SF_OK;
}

} // namespace fifo

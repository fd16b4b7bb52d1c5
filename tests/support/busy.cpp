#include "busy.hpp"

#include <chrono>
#include <string_view>
#include <utility>

namespace spaceframe::testing
{
namespace
{

constexpr std::chrono::milliseconds patience{2};

} // namespace

Busy::Busy(Socket socket) : socket_(std::move(socket))
{
    thread_.start(
        [this]
        {
            while (!over_)
            {
                step();
            }
        });
}

Busy::~Busy()
{
    over_ = true;
}

void Busy::step()
{
    const std::string_view pattern = socket_.pattern();
    error_code error;
    if (pattern == "rep" || pattern == "router")
    {
        if (Message request = receive(); request.size() > 0)
        {
            socket_.send(std::move(request), patience, error);
        }
        return;
    }
    if (pattern != "pull" && pattern != "sub")
    {
        socket_.send("something", patience, error);
    }
    if (pattern != "push" && pattern != "pub")
    {
        receive();
    }
}

Message Busy::receive()
{
    Message message;
    error_code error;
    if (socket_.receive(message, patience, error))
    {
        ++received_;
    }
    return message;
}

} // namespace spaceframe::testing

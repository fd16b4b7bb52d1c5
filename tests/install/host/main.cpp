// host MANIFEST COUNT  sends COUNT numbered messages through the socket `there`, takes them from `back`, and
// sees that none is lost, torn or out of order. Prints a line when the other side cannot be reached yet.
#include <spaceframe/kernel.hpp>
#include <spaceframe/manifest.hpp>

#include <boost/system/system_error.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>

namespace
{

using namespace std::chrono_literals;

constexpr auto patience = 60s;

std::string body_of(std::size_t number)
{
    return std::to_string(number) + ':' + std::string(number * 7 % 1000, 'x');
}

void send_all(spaceframe::Socket socket, std::size_t count)
{
    for (std::size_t i = 0; i < count; ++i)
    {
        spaceframe::error_code error;
        socket.send(spaceframe::Message(body_of(i)), patience, error);
        if (error)
        {
            throw boost::system::system_error(error, "sending message " + std::to_string(i));
        }
    }
}

void receive_all(spaceframe::Socket socket, std::size_t count)
{
    for (std::size_t i = 0; i < count; ++i)
    {
        spaceframe::Message message;
        spaceframe::error_code error;
        if (!socket.receive(message, patience, error))
        {
            throw boost::system::system_error(error, "receiving message " + std::to_string(i));
        }
        if (message.size() != 1 || message[0].text() != body_of(i))
        {
            throw std::runtime_error("message " + std::to_string(i) + " came back wrong");
        }
    }
}

int run(const std::string& manifest, std::size_t count)
{
    spaceframe::KernelOptions options;
    options.on_event = [](const spaceframe::Event& event)
    {
        if (event.kind == spaceframe::Event::Kind::retrying)
        {
            std::cout << "dialling again: " << event.reason << std::endl;
        }
    };
    spaceframe::Kernel kernel(spaceframe::Manifest::load(manifest), options);
    kernel.start();
    std::exception_ptr failure;
    std::thread sender(
        [&]
        {
            try
            {
                send_all(kernel.socket("there"), count);
            }
            catch (...)
            {
                failure = std::current_exception();
                kernel.close(0s);
            }
        });
    try
    {
        receive_all(kernel.socket("back"), count);
    }
    catch (...)
    {
        kernel.close(0s);
        sender.join();
        throw;
    }
    sender.join();
    if (failure)
    {
        std::rethrow_exception(failure);
    }
    const auto waited = kernel.socket("there").budget().waited;
    std::cout << count << " messages came back; " << waited << " had to wait" << std::endl;
    return waited > 0 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv)
{
    try
    {
        return argc == 3 ? run(argv[1], std::stoul(argv[2])) : 2;
    }
    catch (const std::exception& error)
    {
        std::cerr << "host: " << error.what() << '\n';
        return 1;
    }
}

// A client and a server in one program, with blocking calls and without a thread of the kernel's own.

#include <spaceframe/kernel.hpp>
#include <spaceframe/manifest_builder.hpp>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <thread>

namespace
{

using namespace std::chrono_literals;

constexpr int questions = 1000;

spaceframe::Manifest make_manifest()
{
    spaceframe::ManifestBuilder builder("blocking");
    builder.threads(0);
    builder.socket("client", "req").option("request_timeout", 10s);
    builder.socket("server", "rep").bind("tcp://127.0.0.1:*");
    return builder.build();
}

// Answers until the kernel is closed; returns how often. The forms with an error code suit a thread, out of
// which nothing may be thrown.
int serve(spaceframe::Socket server)
{
    int served = 0;
    spaceframe::error_code error;
    for (spaceframe::Message request; server.receive(request, error);)
    {
        const int number = std::stoi(std::string(request.front().text()));
        server.send(std::to_string(number * number), error);
        if (error)
        {
            break;
        }
        ++served;
    }
    return error == spaceframe::errc::terminated ? served : -1;
}

bool ask(spaceframe::Socket& client)
{
    for (int number = 0; number < questions; ++number)
    {
        client.send(std::to_string(number));
        const spaceframe::Message reply = client.receive();
        if (reply.front().text() != std::to_string(number * number))
        {
            std::cerr << "the square of " << number << " is not " << reply.front().text() << '\n';
            return false;
        }
    }
    return true;
}

bool run()
{
    spaceframe::Kernel kernel(make_manifest());
    kernel.start();
    spaceframe::Socket client = kernel.socket("client");
    spaceframe::Socket server = kernel.socket("server");
    client.connect(server.last_endpoint());
    std::cout << "a client connects to " << server.last_endpoint() << '\n';

    int served = 0;
    std::thread answering(
        [&]
        {
            served = serve(server);
        });
    bool right = false;
    std::exception_ptr failure;
    try
    {
        right = ask(client);
    }
    catch (...)
    {
        failure = std::current_exception();
    }
    // Ends the server's wait, whatever happened here.
    const spaceframe::CloseReport report = kernel.close(1s);
    answering.join();
    if (failure)
    {
        std::rethrow_exception(failure);
    }
    std::cout << "the server answered " << served << " of " << questions << " questions; closing discarded "
              << report.discarded << " messages\n";
    return right && served == questions && report.complete;
}

} // namespace

int main()
{
    try
    {
        return run() ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    catch (const std::exception& problem)
    {
        std::cerr << problem.what() << '\n';
        return EXIT_FAILURE;
    }
}

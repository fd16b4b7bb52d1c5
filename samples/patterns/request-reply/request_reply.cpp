// Request and reply: a server (REP) greets whoever asks, and a client (REQ) asks. This is both; the manifest
// says which.
//
//   pattern-request-reply server.info
//   pattern-request-reply client.info

#include <spaceframe/kernel.hpp>
#include <spaceframe/manifest.hpp>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

namespace
{

using namespace std::chrono_literals;
using spaceframe::Message;
using spaceframe::Socket;

constexpr const char* farewell = "goodbye";

// Answers one request after the other, until somebody says goodbye.
void serve(Socket server)
{
    for (std::string name; name != farewell;)
    {
        name = server.receive().front().text();
        server.send(name == farewell ? name : "hello, " + name);
        std::cout << "answered " << name << std::endl;
    }
}

void ask(Socket client)
{
    for (const char* const name : {"anna", "bert", farewell})
    {
        client.send(name);
        const Message reply = client.receive();
        std::cout << name << " -> " << reply.front().text() << std::endl;
    }
}

void run(const char* manifest)
{
    spaceframe::Kernel kernel(spaceframe::Manifest::load(manifest));
    kernel.start();
    const Socket socket = kernel.sockets().front();
    if (socket.pattern() == "rep")
    {
        serve(socket);
    }
    else
    {
        ask(socket);
    }
    kernel.close(1s); // what was sent goes out before
}

} // namespace

int main(int count, char** arguments)
{
    if (count != 2)
    {
        std::cerr << "usage: pattern-request-reply MANIFEST\n";
        return EXIT_FAILURE;
    }
    try
    {
        run(arguments[1]);
        return EXIT_SUCCESS;
    }
    catch (const std::exception& problem)
    {
        std::cerr << problem.what() << '\n';
        return EXIT_FAILURE;
    }
}

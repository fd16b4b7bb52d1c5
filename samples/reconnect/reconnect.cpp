// A client (REQ) talks to a server (REP), which is killed and started again meanwhile.
//
//   reconnect-sample client.info server.info           the client; starts, kills and starts the server
//   reconnect-sample serve server.info NAME [ANSWERS]  a server; after so many answers it hangs

#include <spaceframe/kernel.hpp>
#include <spaceframe/manifest.hpp>
#include <spaceframe/monitor.hpp>

#include <support/child.hpp>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace
{

using namespace std::chrono_literals;
using sample::Child;
using spaceframe::Event;
using spaceframe::Kernel;
using spaceframe::Manifest;
using spaceframe::Message;
using spaceframe::Monitor;
using spaceframe::MonitorEvent;
using spaceframe::Socket;

// Longer than anything takes.
constexpr auto patience = 20s;

void serve(const std::string& manifest, const std::string& name, unsigned long answers)
{
    Kernel kernel(Manifest::load(manifest));
    kernel.start();
    Socket server = kernel.socket("server");
    for (unsigned long taken = 0;; ++taken)
    {
        const std::string question(server.receive().front().text());
        if (taken == answers)
        {
            std::cout << "has question " << question << std::endl;
            kernel.run();
        }
        server.send(question + ": answered by the " + name + " server");
    }
}

// The state of the client's only connection, as its monitor tells it.
class Connection
{
public:
    explicit Connection(const Socket& client) : monitor_(client)
    {}

    // Prints each change until there is this one.
    void follow_to(const std::string& state)
    {
        while (state_ != state)
        {
            note(monitor_.receive(patience));
        }
    }

    void follow_to_the_end()
    {
        MonitorEvent event;
        spaceframe::error_code end;
        while (monitor_.receive(event, patience, end))
        {
            note(event);
        }
    }

private:
    // Of many attempts that fail only the first one changes the state.
    void note(const MonitorEvent& event)
    {
        switch (event.kind)
        {
        case Event::Kind::ready:
            become("connected");
            return;
        case Event::Kind::disconnected:
            become("disconnected");
            return;
        case Event::Kind::retrying:
            become("waiting");
            return;
        default:
            return;
        }
    }

    void become(const char* state)
    {
        if (state_ != state)
        {
            state_ = state;
            std::cout << "state: " << state_ << std::endl;
        }
    }

    Monitor monitor_;
    std::string state_ = "new";
};

void ask(Socket& client, const std::string& question)
{
    client.send(question);
    std::cout << client.receive().front().text() << std::endl;
}

void talk(const std::string& client_manifest, const std::string& server_manifest)
{
    const auto start_server = [&](const std::string& name, std::vector<std::string> answers)
    {
        std::cout << "starting the " << name << " server" << std::endl;
        std::vector<std::string> command{"/proc/self/exe", "serve", server_manifest, name};
        command.insert(command.end(), answers.begin(), answers.end());
        return std::make_unique<Child>(name, command);
    };

    Kernel kernel(Manifest::load(client_manifest),
                  {.log = [](spaceframe::LogLevel, std::string_view) {}, .on_event = {}});
    Socket client = kernel.socket("client");
    Connection connection(client);
    kernel.start();
    connection.follow_to("waiting");

    const auto first = start_server("first", {"2"});
    connection.follow_to("connected");
    ask(client, "1");
    ask(client, "2");

    client.send("3");
    const auto line = first->read_line(Child::Clock::now() + patience);
    std::cout << "the first server " << line.value_or("is gone") << "; killing it" << std::endl;
    first->kill();
    connection.follow_to("waiting");

    Message answer;
    spaceframe::error_code error;
    client.receive(answer, error);
    std::cout << "3: " << error.message() << std::endl;

    const auto second = start_server("second", {});
    connection.follow_to("connected");
    ask(client, "3");
    ask(client, "4");
    kernel.close(0s);
    connection.follow_to_the_end();
}

} // namespace

int main(int count, char** arguments)
{
    const std::vector<std::string> words(arguments + 1, arguments + count);
    const bool server = !words.empty() && words[0] == "serve";
    if (server ? words.size() != 3 && words.size() != 4 : words.size() != 2)
    {
        std::cerr << "usage: reconnect-sample MANIFEST-OF-CLIENT MANIFEST-OF-SERVER\n"
                     "       reconnect-sample serve MANIFEST-OF-SERVER NAME [ANSWERS]\n";
        return EXIT_FAILURE;
    }
    try
    {
        if (server)
        {
            serve(words[1], words[2], words.size() == 4 ? std::stoul(words[3]) : -1UL);
        }
        else
        {
            talk(words[0], words[1]);
        }
        return EXIT_SUCCESS;
    }
    catch (const std::exception& problem)
    {
        std::cerr << problem.what() << '\n';
        return EXIT_FAILURE;
    }
}

// A client (REQ) talks to a server (REP), which is killed and started again meanwhile.
//
//   reconnect-sample client.info server.info           the client; starts, kills and starts the server
//   reconnect-sample serve server.info NAME [ANSWERS]  a server; after so many answers it hangs

#include <spaceframe/kernel.hpp>
#include <spaceframe/manifest.hpp>

#include <support/child.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <mutex>
#include <stdexcept>
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

// The state of the client's only connection.
class Connection
{
public:
    // Called by the kernel. Of many attempts that fail only the first one changes the state.
    void on_event(const Event& event)
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

    void wait_until(const std::string& state)
    {
        std::unique_lock lock(mutex_);
        const auto reached = [&]
        {
            return state_ == state;
        };
        if (!changed_.wait_for(lock, patience, reached))
        {
            throw std::runtime_error("the connection is not " + state + ", but " + state_);
        }
    }

private:
    void become(const char* state)
    {
        const std::lock_guard guard(mutex_);
        if (state_ != state)
        {
            state_ = state;
            std::cout << "state: " << state_ << std::endl;
            changed_.notify_all();
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
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

    Connection connection;
    Kernel kernel(Manifest::load(client_manifest), {.log = [](spaceframe::LogLevel, std::string_view) {},
                                                    .on_event =
                                                        [&](const Event& event)
                                                    {
                                                        connection.on_event(event);
                                                    }});
    kernel.start();
    Socket client = kernel.socket("client");
    connection.wait_until("waiting");

    const auto first = start_server("first", {"2"});
    ask(client, "1");
    ask(client, "2");

    client.send("3");
    const auto line = first->read_line(Child::Clock::now() + patience);
    std::cout << "the first server " << line.value_or("is gone") << "; killing it" << std::endl;
    first->kill();
    connection.wait_until("waiting");

    Message answer;
    spaceframe::error_code error;
    client.receive(answer, error);
    std::cout << "3: " << error.message() << std::endl;

    const auto second = start_server("second", {});
    ask(client, "3");
    ask(client, "4");
    kernel.close(0s);
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

// A router (ROUTER) that gives each of many dealers (DEALER) a job of its own, by name.
//
//   pattern-router-dealers office.info

#include <spaceframe/kernel.hpp>
#include <spaceframe/manifest.hpp>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace
{

using spaceframe::Kernel;
using spaceframe::Message;
using spaceframe::Socket;
using Jobs = std::map<std::string, std::string>;

// Reports for work, and reverses the words that come until the kernel is closed. Nothing may be thrown out of
// a thread, so errors come as codes here.
void work(Socket dealer)
{
    spaceframe::error_code error;
    dealer.send("ready", error);
    for (Message job; !error && dealer.receive(job, error);)
    {
        const std::string_view word = job.front().text();
        dealer.send(std::string(word.rbegin(), word.rend()), error);
    }
}

// What each one answers. The first frame of what a ROUTER receives or sends is the name of its peer.
Jobs receive_from(Socket& router, std::size_t count)
{
    Jobs answers;
    while (answers.size() < count)
    {
        const Message answer = router.receive();
        answers[std::string(answer[0].text())] = answer[1].text();
    }
    return answers;
}

void run(const char* manifest)
{
    const Jobs jobs{{"anna", "stressed"}, {"bert", "drawer"}, {"carl", "lager"}};
    std::vector<std::jthread> threads; // end after the kernel, whose end is theirs
    Kernel kernel(spaceframe::Manifest::load(manifest));
    kernel.start();
    for (const auto& [name, job] : jobs)
    {
        threads.emplace_back(work, kernel.socket(name));
    }

    Socket router = kernel.socket("router");
    receive_from(router, jobs.size()); // all have reported for work
    for (const auto& [name, job] : jobs)
    {
        router.send(Message{name, job});
    }
    for (const auto& [name, answer] : receive_from(router, jobs.size()))
    {
        std::cout << name << ": " << jobs.at(name) << " -> " << answer << '\n';
    }

    spaceframe::error_code error;
    router.send(Message{"dora", "redder"}, error);
    std::cout << "dora: " << error.message() << '\n';
}

} // namespace

int main(int count, char** arguments)
{
    if (count != 2)
    {
        std::cerr << "usage: pattern-router-dealers MANIFEST\n";
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

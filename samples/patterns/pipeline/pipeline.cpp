// A pipeline: a source (PUSH) deals out tasks, workers (PULL, PUSH) do them, a sink (PULL) collects results.
//
//   pattern-pipeline pipeline.info worker.info
//
// The question is which number below 1000 takes longest to come down to 1, if even ones are halved and odd
// ones tripled, plus 1.

#include <spaceframe/kernel.hpp>
#include <spaceframe/manifest.hpp>

#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <list>
#include <string>
#include <thread>
#include <vector>

namespace
{

using spaceframe::Kernel;
using spaceframe::Message;
using spaceframe::Socket;

constexpr std::uint64_t numbers = 1000;
constexpr std::size_t workers = 3;

std::uint64_t number_in(const spaceframe::Frame& frame)
{
    return std::stoull(std::string(frame.text()));
}

std::uint64_t steps_down_from(std::uint64_t number)
{
    std::uint64_t steps = 0;
    for (; number > 1; ++steps)
    {
        number = number % 2 == 0 ? number / 2 : 3 * number + 1;
    }
    return steps;
}

// Works until the kernel is closed. Nothing may be thrown out of a thread, so errors come as codes here.
void work(Socket tasks, Socket results)
{
    spaceframe::error_code error;
    for (Message task; !error && tasks.receive(task, error);)
    {
        const std::uint64_t steps = steps_down_from(number_in(task.front()));
        results.send(Message{task.front().text(), std::to_string(steps)}, error);
    }
}

void run(const char* manifest, const char* worker_manifest)
{
    std::vector<std::jthread> threads; // end after the kernels, whose end is theirs
    std::list<Kernel> crew;
    Kernel kernel(spaceframe::Manifest::load(manifest));
    kernel.start();
    for (std::size_t worker = 0; worker < workers; ++worker)
    {
        Kernel& own = crew.emplace_back(spaceframe::Manifest::load(worker_manifest));
        own.start();
        threads.emplace_back(work, own.socket("tasks"), own.socket("results"));
    }

    Socket source = kernel.socket("source");
    Socket sink = kernel.socket("sink");
    source.wait_for_peers(workers); // or the first would be given more than its share
    for (std::uint64_t number = 1; number < numbers; ++number)
    {
        source.send(std::to_string(number));
    }
    std::uint64_t longest = 0;
    std::uint64_t steps = 0;
    for (std::uint64_t results = 1; results < numbers; ++results)
    {
        const Message result = sink.receive();
        if (number_in(result[1]) > steps)
        {
            longest = number_in(result[0]);
            steps = number_in(result[1]);
        }
    }
    std::cout << source.ledger().accepted << " tasks for " << source.ledger().peers << " workers, "
              << sink.ledger().delivered << " results\n"
              << longest << " takes longest, " << steps << " steps\n";
}

} // namespace

int main(int count, char** arguments)
{
    if (count != 3)
    {
        std::cerr << "usage: pattern-pipeline MANIFEST MANIFEST-OF-WORKERS\n";
        return EXIT_FAILURE;
    }
    try
    {
        run(arguments[1], arguments[2]);
        return EXIT_SUCCESS;
    }
    catch (const std::exception& problem)
    {
        std::cerr << problem.what() << '\n';
        return EXIT_FAILURE;
    }
}

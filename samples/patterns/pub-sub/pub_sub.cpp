// Publish and subscribe: one publisher (PUB), three subscribers (SUB), and each gets what it subscribed to.
//
//   pattern-pub-sub pub-sub.info

#include <spaceframe/kernel.hpp>
#include <spaceframe/manifest.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string_view>

namespace
{

using namespace std::chrono_literals;
using spaceframe::Kernel;
using spaceframe::Message;
using spaceframe::Socket;

struct Report
{
    std::string_view topic;
    std::string_view text;
    std::size_t readers; // of the three subscribers in the manifest
};

constexpr std::string_view end_of_reports = "end";
constexpr std::array<Report, 5> reports{{
    {"rain.berlin", "2 mm", 3},
    {"rain.rome", "0 mm", 2},
    {"storm.hamburg", "10 Bft", 2},
    {"wind.berlin", "3 Bft", 1},
    {end_of_reports, "", 3},
}};

// A subscription takes its time to arrive, and what is published before goes to nobody: so the publisher
// waits for its readers.
void publish(Socket publisher)
{
    for (const Report& report : reports)
    {
        publisher.wait_for_subscribers(report.topic, report.readers);
    }
    for (const Report& report : reports)
    {
        publisher.send(Message{report.topic, report.text});
    }
}

void print_all(Socket subscriber)
{
    std::cout << subscriber.name() << ':';
    for (Message report = subscriber.receive(); report.front().text() != end_of_reports;
         report = subscriber.receive())
    {
        std::cout << ' ' << report[0].text() << ' ' << report[1].text() << ';';
    }
    std::cout << '\n';
}

void run(const char* manifest)
{
    Kernel kernel(spaceframe::Manifest::load(manifest));
    kernel.start();
    publish(kernel.socket("publisher"));
    for (const char* const subscriber : {"everything", "rain", "trouble"})
    {
        print_all(kernel.socket(subscriber));
    }
}

} // namespace

int main(int count, char** arguments)
{
    if (count != 2)
    {
        std::cerr << "usage: pattern-pub-sub MANIFEST\n";
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

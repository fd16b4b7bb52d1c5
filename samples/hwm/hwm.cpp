// A high-water mark of 5 messages: what is taken, what is refused, and what a flush writes.
//
//   hwm writer.info reader.info

#include <spaceframe/kernel.hpp>
#include <spaceframe/manifest.hpp>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <span>
#include <string>
#include <vector>

namespace
{

using spaceframe::Kernel;
using spaceframe::Message;
using spaceframe::Socket;

constexpr std::size_t offered = 8;

void print_state(const char* when, const Socket& socket)
{
    const auto ledger = socket.ledger();
    std::cout << when << ": " << ledger.accepted << " accepted = " << ledger.written << " written + "
              << ledger.queued << " queued\n";
}

void run(const char* writer_manifest, const char* reader_manifest)
{
    Kernel writer(spaceframe::Manifest::load(writer_manifest));
    writer.start();
    Socket out = writer.socket("out");
    std::vector<Message> messages;
    for (std::size_t number = 1; number <= offered; ++number)
    {
        messages.emplace_back(std::to_string(number));
    }

    // Nobody reads yet: as many are taken as the mark allows.
    spaceframe::error_code error;
    const std::size_t taken = out.send_batch(messages, spaceframe::no_wait, error);
    const auto refused = std::span(messages).subspan(taken);
    std::cout << "offered " << offered << ": " << taken << " taken, " << refused.size() << " refused ("
              << error.message() << "), and still here: " << refused.front().front().text() << " to "
              << refused.back().front().text() << '\n';
    print_state("before", out);

    Kernel reader(spaceframe::Manifest::load(reader_manifest));
    reader.start();
    out.flush();
    print_state("flushed", out);

    // There is room again.
    out.send_batch(refused);
    Socket in = reader.socket("in");
    std::cout << "received:";
    for (std::size_t number = 1; number <= offered; ++number)
    {
        std::cout << ' ' << in.receive().front().text();
    }
    std::cout << '\n';
    out.flush();
    print_state("after", out);
}

} // namespace

int main(int count, char** arguments)
{
    if (count != 3)
    {
        std::cerr << "usage: hwm MANIFEST-OF-WRITER MANIFEST-OF-READER\n";
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

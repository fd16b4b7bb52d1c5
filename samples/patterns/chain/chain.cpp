// A chain of forwarders (XSUB, XPUB), which `spaceframe run chain.info` runs, has this program at both ends:
// a publisher (PUB) and two subscribers (SUB).
//
//   pattern-chain ends.info

#include <spaceframe/kernel.hpp>
#include <spaceframe/manifest.hpp>

#include <cstdlib>
#include <exception>
#include <iostream>

namespace
{

using spaceframe::Kernel;
using spaceframe::Message;
using spaceframe::Socket;

void print_until_done(Socket subscriber)
{
    for (Message news = subscriber.receive(); news.back().text() != "done"; news = subscriber.receive())
    {
        std::cout << subscriber.name() << " reads " << news[0].text() << ": " << news[1].text() << '\n';
    }
}

void run(const char* manifest)
{
    Kernel kernel(spaceframe::Manifest::load(manifest));
    kernel.start();
    Socket publisher = kernel.socket("publisher");
    Socket far = kernel.socket("far");
    Socket near = kernel.socket("near");

    // Subscriptions run up the chain: when they are here, the way down is there.
    publisher.wait_for_subscribers("sport.", 1);
    publisher.wait_for_subscribers("science.", 1);
    for (const Message& news : {Message{"sport.chess", "a draw"}, Message{"gossip", "who cares"},
                                Message{"science.space", "a comet"}, Message{"sport.chess", "done"},
                                Message{"science.space", "done"}})
    {
        publisher.send(Message(news));
    }
    print_until_done(far);
    print_until_done(near);
    std::cout << publisher.ledger().accepted << " messages were published; " << publisher.ledger().unmatched
              << " that nobody had subscribed to did not leave\n";
}

} // namespace

int main(int count, char** arguments)
{
    if (count != 2)
    {
        std::cerr << "usage: pattern-chain MANIFEST\n";
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

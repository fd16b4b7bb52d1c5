// The work whose instructions are counted: messages from a PUSH to a PULL over tcp, by one thread that drives
// both. Nothing is measured here; run it under callgrind (count.sh does).

#include <spaceframe/kernel.hpp>
#include <spaceframe/manifest.hpp>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace
{

constexpr std::size_t batch = 500;

struct Request
{
    std::string backpressure = "noop";
    std::string call = "batch";
    std::size_t size = 64;
    std::uint64_t batches = 10;
};

spaceframe::Manifest manifest(const Request& request)
{
    return spaceframe::Manifest::parse(fmt::format("spaceframe 1\n"
                                                   "kernel\n{{\n threads 0\n}}\n"
                                                   "sockets\n{{\n"
                                                   " pull\n {{\n  pattern pull\n  backpressure {0}\n }}\n"
                                                   " push\n {{\n  pattern push\n  backpressure {0}\n }}\n"
                                                   "}}\n",
                                                   request.backpressure),
                                       "instructions");
}

void receive(spaceframe::Socket& pull, std::vector<spaceframe::Message>& messages, std::size_t count)
{
    while (count > 0)
    {
        count -= pull.receive_batch(std::span(messages).first(count));
    }
}

void work(const Request& request)
{
    spaceframe::Kernel kernel(manifest(request));
    kernel.start();
    spaceframe::Socket pull = kernel.socket("pull");
    spaceframe::Socket push = kernel.socket("push");
    push.connect(pull.bind("tcp://127.0.0.1:*"));
    push.wait_for_peers(1);
    pull.wait_for_peers(1);

    const std::vector<std::byte> body(request.size, std::byte{'x'});
    const std::vector<spaceframe::Bytes> bodies(batch, body);
    std::vector<spaceframe::Message> messages(batch);
    for (std::uint64_t i = 0; i < request.batches; ++i)
    {
        if (request.call == "batch")
        {
            push.send_batch(bodies);
        }
        else
        {
            const spaceframe::Cork cork = push.cork();
            for (const spaceframe::Bytes bytes : bodies)
            {
                push.send(bytes);
            }
        }
        receive(pull, messages, batch);
    }
}

} // namespace

int main(int argc, char** argv)
{
    Request request;
    CLI::App app("Sends and receives, so that callgrind can count");
    app.add_option("--backpressure", request.backpressure, "noop or semaphore");
    app.add_option("--call", request.call, "batch, or cork: plain sends")
        ->check(CLI::IsMember({"batch", "cork"}));
    app.add_option("--size", request.size, "Bytes of a message");
    app.add_option("--batches", request.batches, "Batches of 500 messages");
    CLI11_PARSE(app, argc, argv);
    work(request);
    return 0;
}

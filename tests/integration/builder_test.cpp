// What a host gets from a manifest in code, with the plug-ins that are shipped.
#include "books.hpp"

#include <spaceframe/kernel.hpp>
#include <spaceframe/manifest_builder.hpp>

#include <boost/system/system_error.hpp>
#include <doctest/doctest.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include <errno.h>
#include <unistd.h>

namespace
{

using namespace spaceframe;
using namespace std::chrono_literals;

// The manifest of README.md.
ManifestBuilder broker(std::string name = {})
{
    ManifestBuilder builder(std::move(name));
    builder.socket("frontend", "router").bind("tcp://127.0.0.1:5555");
    builder.socket("backend", "dealer").bind("ipc:///tmp/workers.ipc");
    builder.proxy("broker", "frontend", "backend");
    return builder;
}

// The manifest of docs/manifest.md.
ManifestBuilder orders()
{
    ManifestBuilder builder("orders");
    builder.threads(1);
    builder.backpressure_policy("budget", "semaphore").option("bytes", 64_MiB);
    builder.socket("frontend", "router").bind("tcp://127.0.0.1:5555").backpressure("budget");
    builder.socket("backend", "dealer").bind("ipc:///run/orders/workers.sock", {{"heartbeat_ivl", 5s}});
    builder.proxy("broker", "frontend", "backend");
    return builder;
}

std::string content_of(const std::string& file)
{
    std::ifstream stream(SPACEFRAME_SOURCE_FOLDER "/" + file);
    REQUIRE(stream);
    return {std::istreambuf_iterator<char>(stream), {}};
}

constexpr const char* broker_text = R"(spaceframe 1
sockets
{
    frontend
    {
        pattern router
        bind tcp://127.0.0.1:5555
    }
    backend
    {
        pattern dealer
        bind ipc:///tmp/workers.ipc
    }
}
proxies
{
    broker
    {
        front frontend
        back backend
    }
}
)";

// Collects what is written to stderr while it lives.
class StderrCapture
{
public:
    StderrCapture() : file_(std::tmpfile()), before_(::dup(STDERR_FILENO))
    {
        REQUIRE(file_ != nullptr);
        REQUIRE(::dup2(::fileno(file_), STDERR_FILENO) >= 0);
    }
    StderrCapture(const StderrCapture&) = delete;
    StderrCapture& operator=(const StderrCapture&) = delete;
    ~StderrCapture()
    {
        ::dup2(before_, STDERR_FILENO);
        ::close(before_);
        std::fclose(file_);
    }

    std::string text() const
    {
        std::string result;
        std::rewind(file_);
        for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_))
        {
            result += static_cast<char>(c);
        }
        return result;
    }

private:
    std::FILE* file_;
    int before_;
};

// A socket that dials where nothing listens, and gives up at once.
Manifest hopeless()
{
    ManifestBuilder builder;
    builder.threads(0);
    builder.socket("lonely", "push").reconnect("none").connect("ipc:///nowhere/at/all");
    return builder.build();
}

void run_until_stopped(KernelOptions options)
{
    Kernel* running = nullptr;
    bool stopped = false;
    options.on_event = [&](const Event& event)
    {
        if (event.kind == Event::Kind::stopped)
        {
            stopped = true;
            running->stop();
        }
    };
    testing::CheckedKernel kernel(hopeless(), std::move(options));
    running = &kernel;
    kernel.start();
    kernel.run_for(10s);
    CHECK(stopped);
}

} // namespace

TEST_CASE("a manifest in code, in a text and in a stream explain the same")
{
    const Manifest in_code = broker("manifest").build();
    std::istringstream stream(broker_text);
    const Manifest in_stream = Manifest::parse(stream, "manifest", {}, ManifestForm::info);
    for (const ExplainFormat format : {ExplainFormat::text, ExplainFormat::json})
    {
        CHECK(in_code.explain(format) == Manifest::parse(broker_text).explain(format));
        CHECK(in_code.explain(format) == in_stream.explain(format));
    }
    const Manifest nameless = broker().build();
    CHECK(nameless.explain() == Manifest::parse(nameless.explain(), "").explain());
}

TEST_CASE("the example in docs/manifest.md is the same manifest in code")
{
    const std::string text = content_of("docs/manifest.md");
    const std::size_t begin = text.find("```info\n") + 8;
    const std::string info = text.substr(begin, text.find("```", begin) - begin);
    CHECK(orders().build().explain() == Manifest::parse(info, "orders").explain());
}

TEST_CASE("the examples in code that people read are those that are tested here")
{
    const std::string tested = content_of("tests/integration/builder_test.cpp");
    for (const char* file : {"README.md", "docs/manifest.md"})
    {
        CAPTURE(file);
        std::istringstream text(content_of(file));
        int examples = 0;
        for (std::string line; std::getline(text, line);)
        {
            line.erase(0, line.find_first_not_of(' '));
            if (line.starts_with("builder."))
            {
                CAPTURE(line);
                CHECK(tested.find("    " + line + '\n') != std::string::npos);
                ++examples;
            }
        }
        CHECK(examples >= 3);
    }
}

TEST_CASE("a kernel runs a manifest in code")
{
    ManifestBuilder builder;
    builder.threads(0);
    builder.backpressure_policy("budget", "semaphore").option("bytes", 1_MiB);
    builder.socket("in", "pull").bind("tcp://127.0.0.1:*");
    SocketBuilder out = builder.socket("out", "push");
    out.backpressure("budget").option("linger", 5s);
    testing::CheckedKernel kernel(builder.build());
    kernel.start();
    kernel.socket("out").connect(kernel.socket("in").last_endpoint());
    kernel.socket("out").send("hello");
    Message message;
    error_code error;
    REQUIRE(kernel.socket("in").receive(message, 10s, error));
    CHECK(kernel.socket("out").budget().limit == 1_MiB);
}

TEST_CASE("all mistakes in code come in one exception")
{
    ManifestBuilder builder("orders");
    builder.threads(1000);
    builder.socket("a", "push").option("lingr", 1s);
    try
    {
        builder.build();
        FAIL("the mistakes were not seen");
    }
    catch (const ManifestError& error)
    {
        REQUIRE(error.problems().size() == 2);
        CHECK_FALSE(error.plugin_broken());
        CHECK(error.problems()[0].starts_with("orders: kernel.threads: found \"1000\""));
        CHECK(error.problems()[1] == "orders: sockets.a.lingr: unknown key; did you mean \"linger\"?");
    }
}

TEST_CASE("a kernel with a log hook says everything there and nothing on stderr")
{
    const StderrCapture captured;
    std::mutex mutex;
    std::vector<std::string> warnings;
    run_until_stopped({.log =
                           [&](LogLevel level, std::string_view line)
                       {
                           const std::lock_guard guard(mutex);
                           if (level >= LogLevel::warning)
                           {
                               warnings.emplace_back(line);
                           }
                       },
                       .on_event = {}});
    CHECK(captured.text().empty());
    const std::lock_guard guard(mutex);
    REQUIRE_FALSE(warnings.empty());
    CHECK(warnings[0].starts_with("lonely failed ipc:///nowhere/at/all"));
}

TEST_CASE("a kernel without a log hook says warnings on stderr")
{
    const StderrCapture captured;
    run_until_stopped({});
    CHECK(captured.text().starts_with("spaceframe: lonely failed ipc:///nowhere/at/all"));
}

TEST_CASE("an ipc path in a folder that is missing fails with the system's code")
{
    ManifestBuilder builder;
    builder.threads(0);
    builder.socket("a", "pull");
    testing::CheckedKernel kernel(builder.build());
    kernel.start();
    error_code error;
    kernel.socket("a").bind("ipc:///nowhere/at/all", error);
    CHECK(error == error_code(ENOENT, boost::system::system_category()));
}

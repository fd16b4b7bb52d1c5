#include "workloads.hpp"

namespace bench
{
namespace
{

constexpr bool at_least = true;
constexpr bool at_most = false;

Contender as(std::string label, std::string side, Task task)
{
    task.side = std::move(side);
    return {std::move(label), std::move(task)};
}

Task threaded(Task task)
{
    task.threads = 1;
    task.call = "plain";
    return task;
}

Task with_call(Task task, const char* call)
{
    task.call = call;
    return task;
}

Task with_size(std::size_t size)
{
    Task task;
    task.size = size;
    return task;
}

Task with_frames(std::size_t frames)
{
    Task task;
    task.pattern = "dealer-router";
    task.frames = frames;
    return task;
}

Task round_trips()
{
    Task task;
    task.shape = "round-trip";
    task.pattern = "dealer-router";
    task.call = "plain";
    task.count = 20'000;
    task.warm_up = 1'000;
    return task;
}

Task lone_messages()
{
    Task task = round_trips();
    task.count = 300;
    task.warm_up = 10;
    task.pause_us = 10'000;
    return task;
}

std::vector<Contender> all_sides(const Task& task)
{
    return {as("spaceframe", "spaceframe", task), as("libzmq", "libzmq", task), as("raw", "raw", task)};
}

std::vector<Contender> without_raw(const Task& task)
{
    return {as("spaceframe", "spaceframe", task), as("libzmq", "libzmq", task)};
}

Workload pipeline_of(const char* name, const char* title, std::size_t size, double against_libzmq,
                     double against_raw)
{
    return {name,
            title,
            false,
            all_sides(with_size(size)),
            {{"libzmq", "rate", at_least, against_libzmq}, {"raw", "rate", at_least, against_raw}}};
}

void add_pipelines(std::vector<Workload>& list)
{
    const Task small;
    Task unlimited = threaded(small);
    unlimited.unlimited = true;
    Task ipc;
    ipc.transport = "ipc";
    list.push_back({"push-pull-64",
                    "PUSH→PULL tcp 64 B, threads 0, batches",
                    true,
                    all_sides(small),
                    {{"libzmq", "rate", at_least, 10},
                     {"raw", "rate", at_least, 0.6},
                     {"libzmq", "cpu", at_most, 0.25}}});
    list.push_back({"push-pull-64-cork",
                    "PUSH→PULL tcp 64 B, threads 0, plain sends under cork(), plain receive",
                    false,
                    all_sides(with_call(small, "cork")),
                    {{"libzmq", "rate", at_least, 8}, {"raw", "rate", at_least, 0.5}}});
    list.push_back({"push-pull-64-threads1",
                    "PUSH→PULL tcp 64 B, threads 1, plain calls, HWM 1000",
                    true,
                    all_sides(threaded(small)),
                    {{"libzmq", "rate", at_least, 4}}});
    list.push_back({"push-pull-64-threads1-nohwm",
                    "PUSH→PULL tcp 64 B, threads 1, plain calls, HWM lifted on both sides of both",
                    false,
                    all_sides(unlimited),
                    {{"libzmq", "rate", at_least, 5}}});
    list.push_back(pipeline_of("push-pull-256", "PUSH→PULL tcp 256 B, threads 0, batches", 256, 6, 0));
    list.push_back(pipeline_of("push-pull-1k", "PUSH→PULL tcp 1 KiB, threads 0, batches", 1024, 4, 0.8));
    list.push_back(pipeline_of("push-pull-4k", "PUSH→PULL tcp 4 KiB, threads 0, batches", 4096, 3.8, 0.8));
    list.push_back(pipeline_of("push-pull-16k", "PUSH→PULL tcp 16 KiB, threads 0, batches", 16384, 3, 0.8));
    list.push_back(
        pipeline_of("push-pull-1m", "PUSH→PULL tcp 1 MiB, threads 0, batches", 1 << 20, 1.4, 0.95));
    list.push_back({"push-pull-64-ipc",
                    "PUSH→PULL ipc 64 B, threads 0, batches",
                    false,
                    all_sides(ipc),
                    {{"libzmq", "rate", at_least, 12}}});
    Task budget;
    budget.backpressure = "semaphore";
    list.push_back({"push-pull-64-semaphore",
                    "PUSH→PULL tcp 64 B, threads 0, batches, semaphore against noop",
                    false,
                    {as("semaphore", "spaceframe", budget), as("noop", "spaceframe", small)},
                    {{"noop", "rate", at_least, 0.9}}});
    list.push_back({"dealer-router-64",
                    "DEALER→ROUTER tcp 64 B pipelined, threads 0, batches",
                    false,
                    without_raw(with_frames(1)),
                    {{"libzmq", "rate", at_least, 5}}});
    list.push_back({"dealer-router-4x64",
                    "DEALER→ROUTER tcp, messages of 4 frames of 64 B pipelined, threads 0, batches",
                    false,
                    without_raw(with_frames(4)),
                    {{"libzmq", "rate", at_least, 5}}});
}

void add_round_trips(std::vector<Workload>& list)
{
    Task spinning = round_trips();
    spinning.spin = true;
    Task sleeping = round_trips();
    sleeping.sleep = true;
    list.push_back(
        {"round-trip-64",
         "DEALER↔ROUTER tcp 64 B round trip, threads 0",
         true,
         all_sides(round_trips()),
         {{"libzmq", "p50", at_most, 0.6}, {"raw", "p50", at_most, 1.15}, {"raw", "p99", at_most, 1.5}}});
    list.push_back({"round-trip-64-threads1",
                    "DEALER↔ROUTER tcp 64 B round trip, threads 1",
                    true,
                    all_sides(threaded(round_trips())),
                    {{"libzmq", "p50", at_most, 0.6}}});
    list.push_back({"round-trip-64-sleep",
                    "DEALER↔ROUTER tcp 64 B round trip, threads 0, never polling (spin 0us)",
                    true,
                    all_sides(sleeping),
                    {{"raw", "p50", at_most, 1.15}, {"raw", "p99", at_most, 1.5}}});
    list.push_back({"round-trip-64-spin",
                    "DEALER↔ROUTER tcp 64 B round trip, threads 0, all spinning",
                    false,
                    all_sides(spinning),
                    {{"raw", "p50", at_most, 1.25}}});
    list.push_back({"lone-64",
                    "DEALER↔ROUTER tcp 64 B, a lone round trip after 10 ms of silence, threads 0",
                    false,
                    all_sides(lone_messages()),
                    {{"raw", "p50", at_most, 1.15}}});
    list.push_back({"lone-64-threads1",
                    "DEALER↔ROUTER tcp 64 B, a lone round trip after 10 ms of silence, threads 1",
                    false,
                    all_sides(threaded(lone_messages())),
                    {{"raw", "p50", at_most, 1.15}}});
}

} // namespace

std::vector<Workload> workloads()
{
    std::vector<Workload> list;
    add_pipelines(list);
    add_round_trips(list);
    for (Workload& workload : list)
    {
        workload.subject = workload.contenders.front().label;
    }
    return list;
}

} // namespace bench

#pragma once

#include "test_kernel.hpp"

#include <chrono>
#include <future>

namespace spaceframe::testing
{

// What a future becomes, while the kernel is driven; `also` is called now and then, to drive something else.
template <class T, class Function>
T get(TestKernel& kernel, std::future<T> future, Function also)
{
    kernel.await_state(
        [&]
        {
            also();
            return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
        },
        "an asynchronous call is over");
    return future.get();
}

template <class T>
T get(TestKernel& kernel, std::future<T> future)
{
    return get(kernel, std::move(future), [] {});
}

} // namespace spaceframe::testing

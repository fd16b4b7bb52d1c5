#pragma once

#include <spaceframe/detail/context.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/intrusive/list.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

// What Contexts (embedding.hpp) is made of; not for hosts.
namespace spaceframe::detail
{

/// A task on its way through Asio.
class TaskHandler
{
public:
    explicit TaskHandler(Task& task) noexcept : task_(&task)
    {}

    void operator()(const error_code& error = {})
    {
        task_.release()->complete(error);
    }

private:
    struct Abandon
    {
        void operator()(Task* task) const noexcept
        {
            task->abandon();
        }
    };

    std::unique_ptr<Task, Abandon> task_;
};

/// An object of a context that must not be touched once the context is gone.
class Tenant : public boost::intrusive::list_base_hook<>
{
public:
    virtual void end() noexcept = 0;

protected:
    ~Tenant() = default;
};

/// The tenants of a context. Recursive: what a task holds may be a tenant itself.
struct Tenants
{
    std::recursive_mutex mutex;
    boost::intrusive::list<Tenant> list;
    bool ended = false;
};

// The interface's destructor is virtual.
template <class Interface, class Object>
class Tenancy : public Interface, public Tenant // NOLINT(*-virtual-class-destructor)
{
public:
    Tenancy(std::shared_ptr<Tenants> tenants, boost::asio::io_context& context) : tenants_(std::move(tenants))
    {
        const std::lock_guard guard(tenants_->mutex);
        if (!tenants_->ended)
        {
            object_.emplace(context);
        }
        tenants_->list.push_back(*this);
    }
    Tenancy(const Tenancy&) = delete;
    Tenancy& operator=(const Tenancy&) = delete;
    ~Tenancy() override
    {
        const std::lock_guard guard(tenants_->mutex);
        tenants_->list.erase(tenants_->list.iterator_to(*this));
        leave();
    }

    void end() noexcept override
    {
        leave();
    }

protected:
    template <class Function>
    void use(Function function)
    {
        const std::lock_guard guard(tenants_->mutex);
        if (object_)
        {
            function(*object_);
        }
    }

private:
    void leave() noexcept
    {
        if constexpr (requires { object_->release(); })
        {
            if (object_ && object_->is_open())
            {
                object_->release();
            }
        }
        object_.reset();
    }

    std::shared_ptr<Tenants> tenants_;
    std::optional<Object> object_;
};

class AsioTimer final : public Tenancy<ContextTimer, boost::asio::steady_timer>
{
public:
    using Tenancy::Tenancy;

    void wait(std::chrono::steady_clock::time_point when, Task& task) override
    {
        TaskHandler handler(task);
        use(
            [&](boost::asio::steady_timer& timer)
            {
                timer.expires_at(when);
                timer.async_wait(std::move(handler));
            });
    }

    void cancel() noexcept override
    {
        use(
            [](boost::asio::steady_timer& timer)
            {
                timer.cancel();
            });
    }
};

class AsioWatch final : public Tenancy<ContextWatch, boost::asio::posix::stream_descriptor>
{
public:
    using Descriptor = boost::asio::posix::stream_descriptor;
    using Tenancy::Tenancy;

    void assign(int descriptor, error_code& error)
    {
        error = boost::asio::error::operation_aborted;
        use(
            [&](Descriptor& object)
            {
                object.assign(descriptor, error);
            });
    }

    void wait(bool writable, Task& task) override
    {
        TaskHandler handler(task);
        use(
            [&](Descriptor& descriptor)
            {
                descriptor.async_wait(writable ? Descriptor::wait_write : Descriptor::wait_read,
                                      std::move(handler));
            });
    }

    void release() noexcept override
    {
        use(
            [](Descriptor& descriptor)
            {
                if (descriptor.is_open())
                {
                    descriptor.release();
                }
            });
    }
};

class AsioContext;

/// Tells the kernels on a context that it goes.
class AsioContextService final : public boost::asio::execution_context::service
{
public:
    using key_type = AsioContextService;
    static inline boost::asio::execution_context::id id;

    explicit AsioContextService(boost::asio::execution_context& context) : service(context)
    {}

    void add(const std::shared_ptr<AsioContext>& context)
    {
        const std::lock_guard guard(mutex_);
        std::erase_if(contexts_,
                      [](const auto& weak)
                      {
                          return weak.expired();
                      });
        contexts_.push_back(context);
    }

private:
    inline void shutdown() override;

    std::mutex mutex_;
    std::vector<std::weak_ptr<AsioContext>> contexts_;
};

class AsioContext final : public Context
{
public:
    static std::shared_ptr<AsioContext> make(boost::asio::io_context& context)
    {
        // A context ends its services in the reverse order of their creation: ours goes while these still
        // work.
        const boost::asio::steady_timer timer(context);
        const boost::asio::posix::stream_descriptor descriptor(context);
        auto made = std::make_shared<AsioContext>(context);
        boost::asio::use_service<AsioContextService>(context).add(made);
        return made;
    }

    explicit AsioContext(boost::asio::io_context& context)
        : context_(context)
        , tenants_(std::make_shared<Tenants>())
    {}

    void post(Task& task) override
    {
        boost::asio::post(context_, TaskHandler(task));
    }

    std::unique_ptr<ContextTimer> make_timer() override
    {
        return std::make_unique<AsioTimer>(tenants_, context_);
    }

    std::unique_ptr<ContextWatch> make_watch(int descriptor, error_code& error) override
    {
        auto made = std::make_unique<AsioWatch>(tenants_, context_);
        made->assign(descriptor, error);
        return error ? nullptr : std::move(made);
    }

    bool driven_here() const noexcept override
    {
        const std::lock_guard guard(tenants_->mutex);
        return !tenants_->ended && context_.get_executor().running_in_this_thread();
    }

    boost::asio::any_io_executor executor() const override
    {
        const std::lock_guard guard(tenants_->mutex);
        if (tenants_->ended)
        {
            return boost::asio::system_executor();
        }
        return context_.get_executor();
    }

    void on_end(std::weak_ptr<void> owner, std::function<void()> function) override
    {
        {
            const std::lock_guard guard(tenants_->mutex);
            if (!tenants_->ended)
            {
                std::erase_if(hooks_,
                              [](const EndHook& hook)
                              {
                                  return hook.owner.expired();
                              });
                hooks_.push_back({std::move(owner), std::move(function)});
                return;
            }
        }
        function();
    }

    void end()
    {
        std::vector<EndHook> hooks;
        {
            const std::lock_guard guard(tenants_->mutex);
            hooks.swap(hooks_);
        }
        for (const EndHook& hook : hooks)
        {
            if (const auto kept = hook.owner.lock())
            {
                hook.function();
            }
        }
        const std::lock_guard guard(tenants_->mutex);
        tenants_->ended = true;
        for (Tenant& tenant : tenants_->list)
        {
            tenant.end();
        }
    }

private:
    struct EndHook
    {
        std::weak_ptr<void> owner;
        std::function<void()> function;
    };

    boost::asio::io_context& context_;
    std::shared_ptr<Tenants> tenants_;
    std::vector<EndHook> hooks_;
};

void AsioContextService::shutdown()
{
    std::vector<std::weak_ptr<AsioContext>> contexts;
    {
        const std::lock_guard guard(mutex_);
        contexts.swap(contexts_);
    }
    for (const auto& weak : contexts)
    {
        if (const auto context = weak.lock())
        {
            context->end();
        }
    }
}

} // namespace spaceframe::detail

#pragma once

#include <spaceframe/plugin/abi.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <vector>

namespace spaceframe::plugin::testing
{

// The slabs of a FakeHost: each is an allocation of its own, so that a sanitizer sees every byte read too
// far, and its references are counted, so that one given back too often is a fault and not a crash. Any
// thread.
class FakeSlabs
{
public:
    // A slab of `size` bytes with one reference; NULL when the limit is reached.
    sf_owner* allocate(std::size_t size, std::uint8_t** data)
    {
        const std::lock_guard lock(mutex_);
        if (slabs_.size() >= limit_)
        {
            return nullptr;
        }
        std::unique_ptr<std::uint8_t[]> bytes(new (std::nothrow) std::uint8_t[size + 1]);
        if (!bytes)
        {
            return nullptr;
        }
        *data = bytes.get();
        sf_owner* const owner = reinterpret_cast<sf_owner*>(bytes.get());
        slabs_[owner] = {std::move(bytes), size, 1};
        return owner;
    }

    void retain(sf_owner* owner)
    {
        const std::lock_guard lock(mutex_);
        const auto slab = slabs_.find(owner);
        if (slab == slabs_.end())
        {
            faults_.push_back("a reference was taken to something that is no slab, or no more");
            return;
        }
        ++slab->second.references;
    }

    void release(sf_owner* owner)
    {
        const std::lock_guard lock(mutex_);
        const auto slab = slabs_.find(owner);
        if (slab == slabs_.end())
        {
            faults_.push_back("a reference was given back to something that is no slab, or no more");
            return;
        }
        if (--slab->second.references == 0)
        {
            slabs_.erase(slab);
        }
    }

    // How many references there are to a slab; 0 when it is gone.
    std::size_t references(sf_owner* owner) const
    {
        const std::lock_guard lock(mutex_);
        const auto slab = slabs_.find(owner);
        return slab == slabs_.end() ? 0 : slab->second.references;
    }

    std::size_t count() const
    {
        const std::lock_guard lock(mutex_);
        return slabs_.size();
    }

    // Refuses to have more than so many slabs at once: memory that runs out.
    void limit(std::size_t slabs)
    {
        const std::lock_guard lock(mutex_);
        limit_ = slabs;
    }

    // What leaked and what was done wrong; a sentence each.
    std::vector<std::string> faults() const
    {
        const std::lock_guard lock(mutex_);
        std::vector<std::string> all = faults_;
        for (const auto& [owner, slab] : slabs_)
        {
            all.push_back("a slab of " + std::to_string(slab.size) + " bytes leaked with " +
                          std::to_string(slab.references) + " references");
        }
        return all;
    }

private:
    struct Slab
    {
        std::unique_ptr<std::uint8_t[]> bytes;
        std::size_t size = 0;
        std::size_t references = 0;
    };

    mutable std::mutex mutex_;
    std::map<sf_owner*, Slab> slabs_;
    std::size_t limit_ = SIZE_MAX;
    std::vector<std::string> faults_;
};

} // namespace spaceframe::plugin::testing

#pragma once

#include "memory/frame_ring.hpp"

#include <spaceframe/plugin/abi.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

// Whole messages with memory of their own, for tests that drive a conversation directly.
namespace conversation_test
{

using Texts = std::vector<std::string>;

class WholeMessage
{
public:
    explicit WholeMessage(const Texts& texts)
    {
        for (const std::string& text : texts)
        {
            sf_owner* owner = spaceframe::memory::allocate(text.size() + 1);
            std::memcpy(owner->data, text.data(), text.size());
            frames_.push_back({owner, owner->data, text.size(), SF_FRAME_MORE, 0});
        }
        frames_.back().flags = 0;
    }

    WholeMessage(const WholeMessage&) = delete;
    WholeMessage& operator=(const WholeMessage&) = delete;

    ~WholeMessage()
    {
        for (const sf_frame& frame : frames_)
        {
            spaceframe::memory::release(frame.owner);
        }
    }

    const std::vector<sf_frame>& frames() const
    {
        return frames_;
    }

    // The references move to the ring.
    void move_to(spaceframe::memory::FrameRing& ring)
    {
        ring.reserve(frames_.size());
        ring.push_back(frames_.data(), frames_.size());
        frames_.clear();
    }

private:
    std::vector<sf_frame> frames_;
};

inline std::string text_of(const sf_frame& frame)
{
    return {reinterpret_cast<const char*>(frame.data), frame.size};
}

inline Texts texts_of(const spaceframe::memory::FrameRing& ring)
{
    Texts texts;
    for (std::size_t i = 0; i < ring.size(); ++i)
    {
        texts.push_back(text_of(ring[i]));
    }
    return texts;
}

template <class Conversation>
Texts envelope_of(const Conversation& conversation)
{
    Texts texts;
    for (std::size_t i = 0; i < conversation.envelope_size(); ++i)
    {
        const sf_frame frame = conversation.envelope(i);
        if ((frame.flags & SF_FRAME_MORE) == 0)
        {
            return {"a frame of the envelope ends the message"};
        }
        texts.push_back(text_of(frame));
    }
    return texts;
}

} // namespace conversation_test

#include <spaceframe/plugin/abi.h>

#include <stdexcept>

extern "C" __attribute__((visibility("default"))) const sf_plugin* spaceframe_plugin()
{
    throw std::runtime_error("no licence found");
}

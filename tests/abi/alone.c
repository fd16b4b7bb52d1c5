/* Nothing but the contract: it needs no other header, in C11 and in C++17. */
#include <spaceframe/plugin/abi.h>
